package callflow

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"callfn/internal/clip"
)

// speechRate is how fast a pretend switch speaks, in characters per second: about 150 words a minute.
const speechRate = 15

// pretendCaller is a Control without a phone. It has no outside effect, and time passes on its own clock, so that a
// sleep of 20 s takes no time. Speech takes as long as speechRate gives. Media takes as long as the script says, else
// no time, since its length is unknown. The caller does as the script says. A caller who would hear endless playback
// hangs up. KAZOO passes keys pressed during a tts or audio_macro only to the next collect_dtmf. Gone may be called
// during other methods; everything else belongs to one goroutine.
type pretendCaller struct {
	script      Script
	web         *Web // sends requests that the script does not answer; nil for none
	now         time.Duration
	pressed     int            // number of used entries of script.Digits
	used        int            // number of used digits of the next entry
	cut         *time.Duration // when a key last ended playback
	answered    bool
	gone        atomic.Pointer[Ended]
	dropped     []string        // pressed digits that nothing collected
	entriesUsed map[string]bool // entries of the script's lists that affected the call
}

// markUsed records that an entry of one of the script's lists affected the call.
func (p *pretendCaller) markUsed(list, key string) {
	if p.entriesUsed == nil {
		p.entriesUsed = map[string]bool{}
	}
	p.entriesUsed[list+" "+key] = true
}

func (p *pretendCaller) Now() time.Duration { return p.now }

// Can returns true: a rehearsal shows all that callfn executes.
func (p *pretendCaller) Can(Ability) bool { return true }

func (p *pretendCaller) Gone() (Ended, bool) {
	if ended := p.gone.Load(); ended != nil {
		return *ended, true
	}
	return Ended{}, false
}

// pass lets d pass, or less if the call ends first.
func (p *pretendCaller) pass(ctx context.Context, d time.Duration) error {
	if err := p.up(ctx); err != nil {
		return err
	}
	if p.script.HangUpAfter > 0 && p.now+d >= p.script.HangUpAfter {
		p.now = max(p.now, p.script.HangUpAfter)
		return p.callerHangsUp()
	}
	p.now += d
	return nil
}

func (p *pretendCaller) up(ctx context.Context) error {
	if p.gone.Load() != nil {
		return ErrHungUp
	}
	return context.Cause(ctx)
}

// callerHangsUp ends the call as the caller. Before the answer that is a CANCEL.
func (p *pretendCaller) callerHangsUp() error {
	cause := normalClearing
	if !p.answered {
		cause = originatorCancel
	}
	p.gone.Store(&Ended{How: EndCaller, Cause: cause})
	return ErrHungUp
}

func (p *pretendCaller) Answer(ctx context.Context) error {
	if err := p.up(ctx); err != nil {
		return err
	}
	p.answered = true
	return nil
}

func (p *pretendCaller) Play(ctx context.Context, m Media) error {
	if err := p.up(ctx); err != nil {
		return err
	}
	file := p.media(m.Name)
	if file.Missing {
		return fmt.Errorf("%s was %w: the script says that it is missing", clip.Text(m.Name, 100), ErrNotHeard)
	}
	return p.hear(ctx, file.Length*time.Duration(min(max(m.Loops, 1), mostRounds)), m.Endless, m.Terminators)
}

func (p *pretendCaller) Speak(ctx context.Context, s Speech) error {
	length := time.Duration(utf8.RuneCountInString(s.Text)) * time.Second / speechRate
	return p.hear(ctx, length.Truncate(time.Millisecond), s.Endless, s.Terminators)
}

// media finds the script's entry for media and records that it affected the call.
func (p *pretendCaller) media(name string) MediaFile {
	key, ok := p.script.mediaKey(name)
	if ok {
		p.markUsed("media", key)
	}
	return p.script.Media[key]
}

// mostRounds bounds how often pretend media repeats.
const mostRounds = 10_000

// hear plays media or speech of a length, or less if a terminator is pressed meanwhile.
func (p *pretendCaller) hear(ctx context.Context, length time.Duration, endless bool, terminators []string) error {
	if at, ok := p.interrupted(terminators); ok && (endless || at < p.now+length) {
		p.cut = &at
		return p.pass(ctx, at-p.now)
	}
	if err := p.pass(ctx, length); err != nil || !endless {
		return err
	}
	p.now = max(p.now, p.script.HangUpAfter)
	return p.callerHangsUp()
}

func (p *pretendCaller) Sleep(ctx context.Context, d time.Duration) error { return p.pass(ctx, d) }

func (p *pretendCaller) Noop(ctx context.Context) error { return p.up(ctx) }

// Respond ends an unanswered call. A code below 300 refuses nothing and has no effect.
func (p *pretendCaller) Respond(ctx context.Context, r Response) error {
	if err := p.up(ctx); err != nil {
		return err
	}
	if p.answered {
		return ErrAnswered
	}
	if r.Code < 300 {
		return nil
	}
	phrase := cmp.Or(r.Message, reasonPhrase(r.Code))
	p.gone.Store(&Ended{How: EndResponse, Cause: strconv.FormatInt(r.Code, 10) + " " + phrase})
	return nil
}

func (p *pretendCaller) Hangup(_ context.Context, cause string) error {
	if p.gone.Load() != nil {
		return ErrHungUp
	}
	p.gone.Store(&Ended{How: EndHangup, Cause: cmp.Or(cause, normalClearing)})
	return nil
}

func (p *pretendCaller) Set(ctx context.Context, _ Variables) error { return p.up(ctx) }

func (p *pretendCaller) WaitForHangup(ctx context.Context) error {
	if err := p.up(ctx); err != nil {
		return err
	}
	p.now = max(p.now, p.script.HangUpAfter)
	return p.callerHangsUp()
}

// reasonPhrase returns the usual reason phrase of the SIP responses in callflows (RFC 3261, section 21).
func reasonPhrase(code int64) string {
	switch code {
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 408:
		return "Request Timeout"
	case 410:
		return "Gone"
	case 480:
		return "Temporarily Unavailable"
	case 486:
		return "Busy Here"
	case 487:
		return "Request Terminated"
	case 488:
		return "Not Acceptable Here"
	case 500:
		return "Server Internal Error"
	case 503:
		return "Service Unavailable"
	case 600:
		return "Busy Everywhere"
	case 603:
		return "Decline"
	}
	return "Refused"
}
