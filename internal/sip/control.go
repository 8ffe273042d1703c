package sip

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"callfn/callflow"
)

var _ callflow.Control = (*call)(nil)

// Can implements callflow.Control.
func (c *call) Can(a callflow.Ability) bool { return c.server.cfg.Voice.Abilities().Has(a) }

// up says why nothing can be asked of the call any more, if so.
func (c *call) up(ctx context.Context) error {
	select {
	case <-c.done:
		return callflow.ErrHungUp
	default:
		return context.Cause(ctx)
	}
}

// heard runs a method that plays, with early media where the call is not answered.
func (c *call) heard(ctx context.Context, play func() error) error {
	if err := c.up(ctx); err != nil {
		return err
	}
	if err := c.early(ctx); err != nil {
		return err
	}
	return play()
}

// Play implements callflow.Control.
func (c *call) Play(ctx context.Context, m callflow.Media) error {
	return c.heard(ctx, func() error { return c.voice.Play(ctx, m) })
}

// Speak implements callflow.Control.
func (c *call) Speak(ctx context.Context, s callflow.Speech) error {
	return c.heard(ctx, func() error { return c.voice.Speak(ctx, s) })
}

// Say implements callflow.Control.
func (c *call) Say(ctx context.Context, s callflow.Say) error {
	return c.heard(ctx, func() error { return c.voice.Say(ctx, s) })
}

// Sound implements callflow.Control.
func (c *call) Sound(ctx context.Context, tones []callflow.Tone) error {
	return c.heard(ctx, func() error { return c.voice.Sound(ctx, tones) })
}

// Record implements callflow.Control.
func (c *call) Record(ctx context.Context, r callflow.Recording) (length time.Duration, err error) {
	err = c.heard(ctx, func() (err error) {
		length, err = c.voice.Record(ctx, r)
		return err
	})
	return length, err
}

// Collect implements callflow.Control.
func (c *call) Collect(ctx context.Context, d callflow.Collect) (digits string, err error) {
	err = c.heard(ctx, func() (err error) {
		digits, err = c.voice.Collect(ctx, d)
		return err
	})
	return digits, err
}

// Flush implements callflow.Control.
func (c *call) Flush(ctx context.Context) error { return c.voice.Flush(ctx) }

// Sleep implements callflow.Control.
func (c *call) Sleep(ctx context.Context, d time.Duration) error { return c.voice.Sleep(ctx, d) }

// Noop implements callflow.Control: every method returns when it is done, so there is nothing to wait for.
func (c *call) Noop(ctx context.Context) error { return c.up(ctx) }

// Set implements callflow.Control. There is no channel of a switch that would keep variables.
func (c *call) Set(ctx context.Context, _ callflow.Variables) error { return c.up(ctx) }

// Bridge implements callflow.Control.
func (c *call) Bridge(ctx context.Context, _ callflow.Bridge) (callflow.Bridged, error) {
	if err := c.up(ctx); err != nil {
		return callflow.Bridged{}, err
	}
	return callflow.Bridged{}, callflow.ErrUnsupported
}

// errNoWeb says that calls ask no web servers here.
var errNoWeb = errors.New("calls ask no web servers here")

// HTTP implements callflow.Control.
func (c *call) HTTP(ctx context.Context, r callflow.HTTPRequest) (callflow.HTTPResponse, error) {
	if err := c.up(ctx); err != nil {
		return callflow.HTTPResponse{}, err
	}
	if c.server.cfg.Web == nil {
		return callflow.HTTPResponse{}, errNoWeb
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(c.ctx, func() { cancel(callflow.ErrHungUp) })
	defer stop()
	return c.server.cfg.Web.HTTP(ctx, r)
}

// Respond implements callflow.Control.
func (c *call) Respond(ctx context.Context, r callflow.Response) error {
	if err := c.up(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	answered := c.answered
	c.mu.Unlock()
	if answered {
		return callflow.ErrAnswered
	}
	if r.Code < 300 || r.Code > 699 {
		return nil
	}
	if r.Media != "" {
		if err := c.Play(ctx, callflow.Media{Name: r.Media}); err != nil && !errors.Is(err, callflow.ErrNotHeard) {
			return err
		}
	}
	phrase := word(r.Message)
	if phrase == "" {
		phrase = reasonPhrase(int(r.Code))
	}
	if c.finish(int(r.Code), phrase, "") {
		c.end(callflow.Ended{
			How: callflow.EndResponse, Cause: strings.TrimSpace(strconv.FormatInt(r.Code, 10) + " " + phrase),
		})
	}
	return nil
}

// Hangup implements callflow.Control. The caller is told when the walk is over: a final response, or BYE.
func (c *call) Hangup(ctx context.Context, cause string) error {
	if err := c.up(ctx); err != nil {
		return err
	}
	if cause == "" {
		cause = "NORMAL_CLEARING"
	}
	c.end(callflow.Ended{How: callflow.EndHangup, Cause: cause})
	return nil
}

// WaitForHangup implements callflow.Control.
func (c *call) WaitForHangup(ctx context.Context) error {
	select {
	case <-c.done:
		return callflow.ErrHungUp
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Gone implements callflow.Control.
func (c *call) Gone() (callflow.Ended, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		return callflow.Ended{}, false
	}
	return *c.ended, true
}

// Now implements callflow.Control.
func (c *call) Now() time.Duration { return time.Since(c.began) }
