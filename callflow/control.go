package callflow

import (
	"context"
	"errors"
	"time"
)

// ErrHungUp is the error of every Control method once the call is over (KAZOO's {error, channel_hungup}).
var ErrHungUp = errors.New("the call is over")

// ErrAnswered is the error of Control.Respond for a call that had its final response already.
var ErrAnswered = errors.New("the call is answered already and can no longer be refused")

// ErrNotHeard is wrapped by the error of Play, Speak, Say and Sound where there was nothing to hear, such as a missing
// prompt, or something else was heard in its place, such as tones where no engine speaks. The wrapping error says why.
// The call goes on: the step gets a note and the module learns nothing, because KAZOO does not look at a play's result.
var ErrNotHeard = errors.New("not heard")

// ErrUnsupported is the error of a Control method for which Can reports false.
var ErrUnsupported = errors.New("the switch cannot do this")

// Control drives one call on a switch. Package controltest has the contract as readable cases that every implementation
// runs.
//
// A method returns when the switch has done what was asked, so that commands run in order. When the call ends meanwhile
// the method returns ErrHungUp at once, as does every later one. When ctx ends, the method stops what it began and
// returns the context's cause; the call itself goes on.
//
// The switch keeps every key that the caller presses until Collect takes it or Flush drops it. A terminator ends the
// media that plays while it is pressed, and is kept like any other key. A key pressed earlier ends nothing: a switch
// forgets keys for this purpose while it plays nothing.
//
// A Control serves one call and one executor. Only Can and Gone may be called concurrently with the other methods.
type Control interface {
	// Can reports whether this switch has an ability. The answer never changes during a call.
	Can(a Ability) bool

	// Answer answers the call; it does nothing on a call that is answered.
	Answer(ctx context.Context) error
	// Play plays media to its end, or until the caller presses a terminator. Missing media is ErrNotHeard. On a call that
	// is not answered it is early media.
	Play(ctx context.Context, m Media) error
	// Speak reads text aloud, as Play plays media. Without a speech engine it is ErrNotHeard.
	Speak(ctx context.Context, s Speech) error
	// Say pronounces a value, Sound plays tones, as Play plays media.
	Say(ctx context.Context, s Say) error
	Sound(ctx context.Context, tones []Tone) error
	// Record records the caller to the limit, to a terminator or to the end of the call, and returns the recording's
	// length. The end of the call is ErrHungUp only when nothing was recorded.
	Record(ctx context.Context, r Recording) (time.Duration, error)
	// Collect returns the keys that were pressed before and those that are pressed in time; none is no error.
	Collect(ctx context.Context, c Collect) (string, error)
	// Flush drops the keys that were pressed and not collected.
	Flush(ctx context.Context) error
	// Bridge rings legs, and returns when nobody answered, or when those who talked have finished. That nobody answered
	// is a Bridged; the error is for a switch that could not try, and ErrHungUp for a caller who hung up while it rang.
	Bridge(ctx context.Context, b Bridge) (Bridged, error)
	// HTTP sends a request to a web server outside. A response of any status is no error; an error says why there is
	// none.
	HTTP(ctx context.Context, r HTTPRequest) (HTTPResponse, error)
	// Sleep waits for d. Keys pressed meanwhile do not end it.
	Sleep(ctx context.Context, d time.Duration) error
	// Noop waits until everything asked before is done.
	Noop(ctx context.Context) error
	// Respond gives the final SIP response to a call that is not answered, which ends it; else ErrAnswered. A code below
	// 300 refuses nothing and changes nothing.
	Respond(ctx context.Context, r Response) error
	// Hangup ends the call after everything asked before, with a cause such as NORMAL_CLEARING, which is also what an
	// empty one stands for.
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
	Endless     bool  // again and again, until a terminator or the end of the call
	Loops       int64 // how often; 0 for once. One terminator ends all rounds
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
