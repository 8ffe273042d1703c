package callflow

import (
	"context"
	"errors"
	"time"
)

// ErrHungUp is what every Control method answers once the call is over (KAZOO's {error, channel_hungup}).
var ErrHungUp = errors.New("the call is over")

// ErrAnswered is what Control.Respond answers for a call that had its final response already.
var ErrAnswered = errors.New("the call is answered already and can no longer be refused")

// Control is what modules ask of the switch for one call. A method returns when the switch has done what it was asked,
// at the latest when the call ends (ErrHungUp) or ctx does. A Control serves one call and one executor; only Gone may
// be called concurrently with the other methods.
type Control interface {
	// Answer answers the call; it does nothing on a call that is answered.
	Answer(ctx context.Context) error
	// Play plays media to its end, or until the caller presses a terminator.
	Play(ctx context.Context, m Media) error
	// Speak reads text aloud, as Play plays media.
	Speak(ctx context.Context, s Speech) error
	// Say pronounces a value, Sound plays tones, as Play plays media.
	Say(ctx context.Context, s Say) error
	Sound(ctx context.Context, tones []Tone) error
	// Record records the caller and answers for how long, to the limit, a terminator, or the end of the call (which is
	// no error when something was recorded).
	Record(ctx context.Context, r Recording) (time.Duration, error)
	// Collect waits for digits; none is no error.
	Collect(ctx context.Context, c Collect) (string, error)
	// Flush forgets what the caller pressed and nobody collected yet.
	Flush(ctx context.Context) error
	// Bridge rings legs. That nobody answered is a Bridged; the error is for a switch that could not try, and ErrHungUp
	// for a caller who hung up while it rang. A bridge that succeeded returns when they have finished talking.
	Bridge(ctx context.Context, b Bridge) (Bridged, error)
	// HTTP asks a web server outside. Any answer is an answer, whatever its status; an error says why there is none.
	HTTP(ctx context.Context, r HTTPRequest) (HTTPResponse, error)
	// Sleep lets d pass. The switch has no part in it, except that it may report the end of the call.
	Sleep(ctx context.Context, d time.Duration) error
	// Noop waits until everything asked before is done.
	Noop(ctx context.Context) error
	// Respond gives the final SIP response to a call that is not answered, which ends it; else ErrAnswered.
	Respond(ctx context.Context, r Response) error
	// Hangup ends the call after everything asked before, with a cause such as NORMAL_CLEARING; empty leaves the cause
	// to the switch.
	Hangup(ctx context.Context, cause string) error
	// Set stores variables on the channel.
	Set(ctx context.Context, v Variables) error
	// WaitForHangup returns ErrHungUp when the call is over.
	WaitForHangup(ctx context.Context) error

	// Gone reports how the call ended, if it did.
	Gone() (Ended, bool)
	// Now is the time since the call began.
	Now() time.Duration
}

// Media asks for one piece of media (docs/reference/kazoo.md#call-commands, play).
type Media struct {
	Name        string // path or URL
	Terminators []string
	Endless     bool
	Loops       int64 // 0 for once
}

// Speech asks for text to be read aloud (docs/reference/kazoo.md#call-commands, tts). Empty members leave the choice to
// the switch.
type Speech struct {
	Text, Voice, Language, Engine string
	Terminators                   []string
	Endless                       bool
}

// Response is a final SIP response (docs/reference/kazoo.md#call-commands, respond).
type Response struct {
	Code    int64
	Message string
	Media   string // played as early media first, if not empty
}

// Variables go on the channel (docs/reference/kazoo.md#call-commands, set).
type Variables struct {
	Channel     map[string]any // Custom-Channel-Vars
	Application map[string]any // Custom-Application-Vars
	Export      bool           // also on channels bridged later
}
