// Package voice gives a switch adapter that carries audio itself the media half of callflow.Control: it plays files and
// prompts, speaks, plays tones, records and collects keys over a media.Session, whatever transport that has.
package voice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/media"
)

// Config is where media, speech and recordings come from and go to. Each may be nil, which a step then says.
type Config struct {
	Library    Library
	Web        Web
	Speaker    Speaker
	Recordings Recordings
}

// Library opens media by the name that a play node or a prompt has.
type Library interface {
	// Open opens media to play. An error that wraps fs.ErrNotExist says that there is none of that name.
	Open(name string) (media.Source, error)
}

// Web opens sound files that web servers have.
type Web interface {
	// Open opens the file at an http or https address for an account's call. It may wait for the server.
	Open(ctx context.Context, owner account.ID, address string) (media.Source, error)
	// Again opens what Open opened last. It does not wait.
	Again(address string) (media.Source, error)
}

// Speaker reads text aloud.
type Speaker interface {
	// Speak returns the speech of a text. It may be playing before all of it is rendered.
	Speak(ctx context.Context, text, voice, language string) (media.Source, error)
}

// Recordings keeps what callers say.
type Recordings interface {
	// Create begins a recording of a call.
	Create(call *callflow.Call, name string) (Recording, error)
}

// Recording is one recording under way.
type Recording interface {
	media.Recorder
	// Keep makes the recording durable: when it returns nil, not even a crash loses it.
	Keep() error
	// Drop forgets it.
	Drop() error
}

// Voice is the media of one call. Like the Control it serves it is for one goroutine.
type Voice struct {
	Config
	Session *media.Session
	Call    *callflow.Call // for its account and language; whoever walks the call may change it
}

// Abilities are what a Voice can.
func (c Config) Abilities() callflow.Abilities {
	can := callflow.Abilities{
		callflow.CanPlay, callflow.CanSpeak, callflow.CanSay, callflow.CanSound, callflow.CanCollect,
	}
	if c.Recordings != nil {
		can = append(can, callflow.CanRecord)
	}
	return can
}

// Play implements callflow.Control.
func (v *Voice) Play(ctx context.Context, m callflow.Media) error {
	if err := v.Session.Over(ctx); err != nil {
		return over(err)
	}
	first, open, err := v.media(ctx, m.Name)
	if cause := v.Session.Over(ctx); err != nil && cause != nil {
		return over(cause)
	}
	if err != nil {
		return notHeard(m.Name, err)
	}
	return v.play(ctx, repeated(first, open, m.Endless, m.Loops), m.Terminators)
}

// media opens media of any kind, and gives what opens it again.
func (v *Voice) media(ctx context.Context, name string) (media.Source, func() (media.Source, error), error) {
	if !isAddress(name) {
		open := func() (media.Source, error) { return v.open(ctx, name) }
		first, err := open()
		return first, open, err
	}
	if v.Web == nil {
		return nil, nil, errNoWeb
	}
	waiting, done := v.Session.Until(ctx)
	defer done()
	first, err := v.Web.Open(waiting, v.Call.Account, name)
	return first, func() (media.Source, error) { return v.Web.Again(name) }, err
}

// isAddress reports whether media is to be had from a web server.
func isAddress(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// open opens media, or speaks a prompt that has no file.
func (v *Voice) open(ctx context.Context, name string) (media.Source, error) {
	err := errNoLibrary
	if v.Library != nil {
		var src media.Source
		if src, err = v.Library.Open(name); err == nil {
			return src, nil
		}
	}
	id, language, isPrompt := parsePrompt(name)
	text, known := promptText(id, language)
	if !isPrompt || !known || v.Speaker == nil {
		return nil, err
	}
	return v.Speaker.Speak(ctx, text, "female", language)
}

var (
	errNoLibrary = errors.New("there is no directory of media here (--media)")
	errNoWeb     = errors.New("sound files at addresses are not fetched here (--media-copies-mib)")
)

// Speak implements callflow.Control.
func (v *Voice) Speak(ctx context.Context, s callflow.Speech) error {
	if err := v.Session.Over(ctx); err != nil {
		return over(err)
	}
	if strings.TrimSpace(s.Text) == "" {
		return notHeard("speech", errors.New("there is no text"))
	}
	language := s.Language
	if language == "" {
		language = callflow.DefaultLanguage
	}
	open := func() (media.Source, error) { return v.speak(ctx, s.Text, s.Voice, language) }
	first, err := open()
	if err == nil {
		return v.play(ctx, repeated(first, open, s.Endless, 1), s.Terminators)
	}
	if cause := v.Session.Over(ctx); cause != nil {
		return over(cause)
	}
	if played := v.play(ctx, media.Tones(threeTones...), s.Terminators); played != nil {
		return played
	}
	return notHeard("speech", fmt.Errorf("three tones stood in for it: %w", err))
}

func (v *Voice) speak(ctx context.Context, text, voice, language string) (media.Source, error) {
	if v.Speaker == nil {
		return nil, ErrNoEngine
	}
	return v.Speaker.Speak(ctx, text, voice, language)
}

// ErrNoEngine says that nothing here can speak.
var ErrNoEngine = errors.New("no speech engine: install espeak-ng or name a command with --speech-command")

// threeTones are heard where nothing can speak (the special information tone of ITU-T E.180).
var threeTones = []media.Tone{
	{Frequencies: []int64{950}, On: 330 * time.Millisecond},
	{Frequencies: []int64{1400}, On: 330 * time.Millisecond},
	{Frequencies: []int64{1800}, On: 330 * time.Millisecond, Off: 200 * time.Millisecond},
}

// Say implements callflow.Control.
func (v *Voice) Say(ctx context.Context, s callflow.Say) error {
	return v.Speak(ctx, callflow.Speech{
		Text: wordsFor(s, time.Now()), Voice: s.Gender, Language: orElse(s.Language, v.Call.Language),
	})
}

// Sound implements callflow.Control.
func (v *Voice) Sound(ctx context.Context, tones []callflow.Tone) error {
	made := make([]media.Tone, len(tones))
	for i, t := range tones {
		made[i] = media.Tone{Frequencies: t.Frequencies, On: t.On, Off: t.Off, Repeat: t.Repeat}
	}
	return v.play(ctx, media.Tones(made...), nil)
}

func (v *Voice) play(ctx context.Context, src media.Source, terminators []string) error {
	_, err := v.Session.Play(ctx, src, strings.Join(terminators, ""))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, media.ErrClosed) || ctx.Err() != nil:
		return over(err)
	}
	return notHeard("all of it", err)
}

// repeated plays src, and then again what open opens, as often as asked.
func repeated(src media.Source, open func() (media.Source, error), endless bool, loops int64) media.Source {
	if !endless && loops <= 1 {
		return src
	}
	times := max(loops, 1)
	if endless {
		times = 0
	}
	return media.Repeat(times, func() (media.Source, error) {
		if next := src; next != nil {
			src = nil
			return next, nil
		}
		return open()
	})
}

// Collect implements callflow.Control.
func (v *Voice) Collect(ctx context.Context, c callflow.Collect) (string, error) {
	digits, err := v.Session.Collect(ctx, media.Collection{
		Max: c.Max, Timeout: c.Timeout, Interdigit: c.Interdigit, Terminators: strings.Join(c.Terminators, ""),
	})
	if err != nil {
		return "", over(err)
	}
	return digits, nil
}

// Flush implements callflow.Control.
func (v *Voice) Flush(ctx context.Context) error {
	if err := v.Session.Over(ctx); err != nil {
		return over(err)
	}
	v.Session.Flush()
	return nil
}

// Sleep implements callflow.Control.
func (v *Voice) Sleep(ctx context.Context, d time.Duration) error {
	return over(v.Session.Sleep(ctx, d))
}

// over turns the end of the audio session into the end of the call.
func over(err error) error {
	if errors.Is(err, media.ErrClosed) {
		return callflow.ErrHungUp
	}
	return err
}

func notHeard(what string, err error) error {
	return fmt.Errorf("%w: %s: %w", callflow.ErrNotHeard, what, err)
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
