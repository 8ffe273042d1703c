package callflow

import (
	"context"
	"errors"
	"time"
)

// ErrHungUp is returned by every Control method once the call is over (KAZOO's {error, channel_hungup}).
var ErrHungUp = errors.New("the call is over")

// ErrAnswered is returned by Control.Respond for a call that already had its final response.
var ErrAnswered = errors.New("the call is answered already and can no longer be refused")

// ErrNotHeard is wrapped by the error of Play, Speak, Say and Sound if the caller heard nothing, such as for a missing
// prompt, or something else, such as tones without a speech engine. The wrapping error says why. The call continues.
// The step gets a note and the module gets no error, because KAZOO ignores a play's result.
var ErrNotHeard = errors.New("not heard")

// ErrUnsupported is returned by a Control method for which Can reports false.
var ErrUnsupported = errors.New("the switch cannot do this")

// Control drives one call on a switch. Package controltest holds the contract as readable cases that every
// implementation runs.
//
// A method returns when the switch has done what it asks for, so that commands run in order. If the call ends
// meanwhile, the method returns ErrHungUp at once, and so does every later one. If ctx ends, the method stops what it
// began and returns the context's cause; the call continues.
//
// The switch keeps every key that the caller presses until Collect takes it or Flush drops it. A terminator ends the
// media that plays while it is pressed, and is kept like any other key. A key pressed earlier does not end later media.
//
// A Control serves one call and one executor. Only Can and Gone may be called concurrently with the other methods.
type Control interface {
	// Can reports whether this switch has an ability. The result never changes during a call.
	Can(a Ability) bool

	// Answer answers the call. It does nothing on an answered call.
	Answer(ctx context.Context) error
	// Play plays media to its end, or until the caller presses a terminator. It returns ErrNotHeard for missing media. On
	// an unanswered call it plays early media.
	Play(ctx context.Context, m Media) error
	// Speak reads text aloud and otherwise works like Play. Without a speech engine it returns ErrNotHeard.
	Speak(ctx context.Context, s Speech) error
	// Say pronounces a value and Sound plays tones. Both otherwise work like Play.
	Say(ctx context.Context, s Say) error
	Sound(ctx context.Context, tones []Tone) error
	// Record records the caller until the limit, a terminator or the end of the call, and returns the recording's length.
	// It returns ErrHungUp only if the call ended and nothing was recorded.
	Record(ctx context.Context, r Recording) (time.Duration, error)
	// Collect returns the keys pressed before and those pressed in time. No keys is no error.
	Collect(ctx context.Context, c Collect) (string, error)
	// Flush drops the keys that were pressed and not collected.
	Flush(ctx context.Context) error
	// Bridge rings legs. It returns when nobody answered, or when the parties have finished talking. An unanswered bridge
	// is a Bridged, not an error. The error is for a switch that could not try, and ErrHungUp for a caller who hung up
	// while it rang.
	Bridge(ctx context.Context, b Bridge) (Bridged, error)
	// HTTP sends a request to an outside web server. A response of any status is no error; an error says why there is no
	// response.
	HTTP(ctx context.Context, r HTTPRequest) (HTTPResponse, error)
	// Sleep waits for d. Keys pressed meanwhile do not end it.
	Sleep(ctx context.Context, d time.Duration) error
	// Noop waits until everything requested before is done.
	Noop(ctx context.Context) error
	// Respond sends the final SIP response to an unanswered call, which ends it. For an answered call it returns
	// ErrAnswered. A code below 300 refuses nothing and has no effect.
	Respond(ctx context.Context, r Response) error
	// Hangup ends the call after everything requested before, with a cause such as NORMAL_CLEARING, the default for "".
	Hangup(ctx context.Context, cause string) error
	// Set stores variables on the channel.
	Set(ctx context.Context, v Variables) error
	// WaitForHangup returns ErrHungUp when the call ends.
	WaitForHangup(ctx context.Context) error

	// Gone reports whether and how the call ended.
	Gone() (Ended, bool)
	// Now returns the time since the call began.
	Now() time.Duration
}

// Media is one piece of media to play (docs/reference/kazoo.md#call-commands, play).
type Media struct {
	Name        string // path or URL
	Terminators []string
	Endless     bool  // repeat until a terminator or the end of the call
	Loops       int64 // number of rounds; 0 for one. One terminator ends all rounds
}

// Speech is text to read aloud (docs/reference/kazoo.md#call-commands, tts). Empty members leave the choice to the
// switch.
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

// Variables are variables for the channel (docs/reference/kazoo.md#call-commands, set).
type Variables struct {
	Channel     map[string]any // Custom-Channel-Vars
	Application map[string]any // Custom-Application-Vars
	Export      bool           // also on channels bridged later
}
