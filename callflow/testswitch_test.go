package callflow_test

import (
	"context"
	"slices"
	"time"

	"callfn/callflow"
)

// testSwitch is a Control that records the platform's requests and fails as configured.
type testSwitch struct {
	asked       []string
	gone        bool
	fails       error // answer to every request
	speakFails  error
	hangupFails error
	lacks       []callflow.Ability
}

func (s *testSwitch) Can(a callflow.Ability) bool                      { return !slices.Contains(s.lacks, a) }
func (s *testSwitch) Answer(context.Context) error                     { return s.up() }
func (s *testSwitch) Play(context.Context, callflow.Media) error       { return s.up() }
func (s *testSwitch) Sleep(context.Context, time.Duration) error       { return s.up() }
func (s *testSwitch) Noop(context.Context) error                       { return s.up() }
func (s *testSwitch) Respond(context.Context, callflow.Response) error { return s.up() }
func (s *testSwitch) Set(context.Context, callflow.Variables) error    { return s.up() }
func (s *testSwitch) Now() time.Duration                               { return 0 }

func (s *testSwitch) Say(context.Context, callflow.Say) error      { return s.up() }
func (s *testSwitch) Sound(context.Context, []callflow.Tone) error { return s.up() }
func (s *testSwitch) Flush(context.Context) error                  { return s.up() }

func (s *testSwitch) Record(context.Context, callflow.Recording) (time.Duration, error) {
	return 0, s.up()
}

func (s *testSwitch) Collect(context.Context, callflow.Collect) (string, error) { return "", s.up() }

func (s *testSwitch) Bridge(context.Context, callflow.Bridge) (callflow.Bridged, error) {
	return callflow.Bridged{Cause: "USER_BUSY", Code: "sip:486"}, s.up()
}

func (s *testSwitch) HTTP(context.Context, callflow.HTTPRequest) (callflow.HTTPResponse, error) {
	return callflow.HTTPResponse{Status: 204}, s.up()
}

func (s *testSwitch) Speak(context.Context, callflow.Speech) error {
	if s.speakFails != nil {
		return s.speakFails
	}
	return s.up()
}

func (s *testSwitch) Hangup(ctx context.Context, cause string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.asked = append(s.asked, "hangup("+cause+")")
	if s.hangupFails != nil {
		return s.hangupFails
	}
	s.gone = true
	return nil
}

func (s *testSwitch) WaitForHangup(context.Context) error {
	s.gone = true
	return callflow.ErrHungUp
}

func (s *testSwitch) Gone() (callflow.Ended, bool) {
	return callflow.Ended{How: callflow.EndCaller}, s.gone
}

func (s *testSwitch) up() error {
	if s.gone {
		return callflow.ErrHungUp
	}
	return s.fails
}
