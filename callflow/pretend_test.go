package callflow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/callflow/controltest"
)

// The pretend caller passes the contract of every switch.
func TestPretendCaller(t *testing.T) {
	controltest.Run(t, controltest.Switch{Place: placePretend, Virtual: true})
}

func placePretend(_ *testing.T, c controltest.Caller) controltest.Call {
	script := callflow.Script{
		Answers: c.Legs, HangUpAfter: c.HangUp, Media: map[string]callflow.MediaFile{"missing": {Missing: true}},
	}
	for _, key := range c.Keys {
		script.Digits = append(script.Digits, callflow.Press{At: key.After, Digits: key.Digit})
	}
	for name, length := range controltest.Media() {
		script.Media[name] = callflow.MediaFile{Length: length}
	}
	caller := callflow.NewPretend(script)
	return controltest.Call{Control: caller, End: func() {}, Heard: func() []controltest.Heard {
		var heard []controltest.Heard
		for _, piece := range caller.Heard {
			heard = append(heard, controltest.Heard{What: piece.What, For: piece.For})
		}
		return heard
	}}
}

// The suite finds a switch that breaks the contract.
func TestContractNoticesBrokenSwitches(t *testing.T) {
	cases := []struct {
		broken string
		breaks func(callflow.Control) callflow.Control
	}{
		{"plays on after a terminator", func(c callflow.Control) callflow.Control { return deafSwitch{c} }},
		{"ends the call over missing media", func(c callflow.Control) callflow.Control { return strictSwitch{c} }},
		{"forgets the keys of a sleep", func(c callflow.Control) callflow.Control { return sleepySwitch{c} }},
		{"refuses an answered call", func(c callflow.Control) callflow.Control { return rudeSwitch{c} }},
		{"hides the end of the call", func(c callflow.Control) callflow.Control { return immortalSwitch{c} }},
	}
	for _, c := range cases {
		t.Run(c.broken, func(t *testing.T) {
			failures := controltest.Failures(t, controltest.Switch{Virtual: true, Place: func(t *testing.T,
				caller controltest.Caller,
			) controltest.Call {
				call := placePretend(t, caller)
				call.Control = c.breaks(call.Control)
				return call
			}})
			if len(failures) == 0 {
				t.Errorf("a switch that %s fails no case, want at least one", c.broken)
			}
		})
	}
}

type (
	deafSwitch     struct{ callflow.Control }
	strictSwitch   struct{ callflow.Control }
	sleepySwitch   struct{ callflow.Control }
	rudeSwitch     struct{ callflow.Control }
	immortalSwitch struct{ callflow.Control }
)

func (s deafSwitch) Play(ctx context.Context, m callflow.Media) error {
	m.Terminators = nil
	return s.Control.Play(ctx, m)
}

func (s strictSwitch) Play(ctx context.Context, m callflow.Media) error {
	err := s.Control.Play(ctx, m)
	if errors.Is(err, callflow.ErrNotHeard) {
		_ = s.Hangup(ctx, "DESTINATION_OUT_OF_ORDER")
	}
	return err
}

func (s sleepySwitch) Sleep(ctx context.Context, d time.Duration) error {
	defer func() { _ = s.Flush(ctx) }()
	return s.Control.Sleep(ctx, d)
}

func (s rudeSwitch) Respond(ctx context.Context, r callflow.Response) error {
	err := s.Control.Respond(ctx, r)
	if errors.Is(err, callflow.ErrAnswered) {
		return s.Hangup(ctx, "")
	}
	return err
}

func (s immortalSwitch) Gone() (callflow.Ended, bool) { return callflow.Ended{}, false }
