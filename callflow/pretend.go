package callflow

import (
	"context"
	"strconv"
	"time"
	"unicode/utf8"
)

// speechRate is how fast a pretend switch reads aloud, in characters per second: a calm voice, about 150 words a
// minute.
const speechRate = 15

// pretendCaller is a Control without a phone: it does nothing outside, and time passes on a clock of its own, so that
// a sleep of 20 s takes none. Speech takes as long as speechRate has it; media takes no time, since nobody knows its
// length. The caller does as the script says, or hears endless playback, which he ends by hanging up. What he presses
// waits until something collects it; KAZOO hands what is pressed during a tts or audio_macro to the next collect_dtmf
// only.
type pretendCaller struct {
	script   Script
	web      *Web // asks web servers for which the script has no answer; nil for none
	now      time.Duration
	pressed  int // how many of script.Digits are used up
	used     int // how many digits of the next of them
	answered bool
	gone     *Ended
	dropped  []string        // digits that were pressed and that nothing took
	spoke    map[string]bool // entries of the script's lists that had a part in the call
}

// use notes that an entry of one of the script's lists had a part in the call.
func (p *pretendCaller) use(list, key string) {
	if p.spoke == nil {
		p.spoke = map[string]bool{}
	}
	p.spoke[list+" "+key] = true
}

func (p *pretendCaller) Now() time.Duration { return p.now }

func (p *pretendCaller) Gone() (Ended, bool) {
	if p.gone == nil {
		return Ended{}, false
	}
	return *p.gone, true
}

// pass lets d go by, or less when the call ends first.
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
	if p.gone != nil {
		return ErrHungUp
	}
	return context.Cause(ctx)
}

func (p *pretendCaller) callerHangsUp() error {
	p.gone = &Ended{How: EndCaller, Cause: normalClearing}
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
	return p.hear(ctx, 0, m.Endless, m.Terminators)
}

func (p *pretendCaller) Speak(ctx context.Context, s Speech) error {
	length := time.Duration(utf8.RuneCountInString(s.Text)) * time.Second / speechRate
	return p.hear(ctx, length.Truncate(time.Millisecond), s.Endless, s.Terminators)
}

func (p *pretendCaller) hear(ctx context.Context, length time.Duration, endless bool, terminators []string) error {
	if at, ok := p.interrupted(terminators); ok && (endless || at < p.now+length) {
		return p.pass(ctx, max(0, at-p.now))
	}
	if err := p.pass(ctx, length); err != nil || !endless {
		return err
	}
	p.now = max(p.now, p.script.HangUpAfter)
	return p.callerHangsUp()
}

func (p *pretendCaller) Sleep(ctx context.Context, d time.Duration) error { return p.pass(ctx, d) }

func (p *pretendCaller) Noop(ctx context.Context) error { return p.up(ctx) }

// Respond ends a call that is not answered; a code below 300 is no refusal and changes nothing.
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
	p.gone = &Ended{How: EndResponse, Cause: strconv.FormatInt(r.Code, 10) + " " + or(r.Message, reasonPhrase(r.Code))}
	return nil
}

func (p *pretendCaller) Hangup(_ context.Context, cause string) error {
	if p.gone != nil {
		return ErrHungUp
	}
	p.gone = &Ended{How: EndHangup, Cause: or(cause, normalClearing)}
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

// reasonPhrase gives the usual words for the SIP responses that callflows give (RFC 3261, section 21).
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
