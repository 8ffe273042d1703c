// Package controltest is the contract suite of callflow.Control. Its cases are readable text: a caller, the commands to
// the switch, and the wanted results. Every switch adapter runs all of them.
//
// A case in testdata begins with a line `# what must hold`. Each further line is one command:
//
//	caller presses 5 after 300ms        what the caller does, counted from the start of the call
//	caller hangs up after 1s
//	device:a busy after 200ms           the outcome of a leg: a word or a cause, as in scripts
//	device:b answered after 1s talks 2s
//	play long until 5 = ok in 300ms     a command, its result (ok if absent), its duration (any if absent)
//	cancelled after 300ms: play long    a command whose context ends meanwhile
//	heard long for 300ms                all that the caller heard, in order; ends the case
//
// Results are ok, hung up, answered, cancelled and not heard for the errors, else what the command returns: digits in
// quotes, a length, a cause. commands.go has the commands.
package controltest

import (
	"embed"
	"fmt"
	"slices"
	"testing"
	"time"

	"callfn/callflow"
)

//go:embed testdata
var testdata embed.FS

// mediaFiles are the media of a switch under test, by name. It has no media called `missing`.
var mediaFiles = map[string]time.Duration{"short": 400 * time.Millisecond, "long": 3 * time.Second}

// Media returns the names and lengths of the media files that the cases play.
func Media() map[string]time.Duration {
	files := map[string]time.Duration{}
	for name, length := range mediaFiles {
		files[name] = length
	}
	return files
}

// Text is the text that the cases have read aloud. Its speech must take at least two seconds.
const Text = "This sentence is long enough to be interrupted by a key, or by a caller who hangs up."

// Switch is a switch under test.
type Switch struct {
	// Place places a call from a caller who does as described, counted from the moment when its Control is returned.
	Place func(t *testing.T, c Caller) Call
	// Slack is the tolerance for times on this switch; a few frames, or more on a busy machine.
	Slack time.Duration
	// Virtual is set if the switch has its own clock. Then no context can end in the middle of a method.
	Virtual bool
}

// Call is one placed call.
type Call struct {
	callflow.Control
	// Heard returns what the caller heard so far, in order.
	Heard func() []Heard
	// End ends the call if it is still up, and frees its resources.
	End func()
}

// Heard is one piece of audio that the caller heard: the name of media, or `speech`, `say` or `tone`.
type Heard struct {
	What string
	For  time.Duration
}

// Caller describes the caller and the called party.
type Caller struct {
	Keys   []Key         // ordered by time
	HangUp time.Duration // time until the caller hangs up; 0 for never
	Legs   map[string]callflow.Reply
}

// Key is one key that the caller presses.
type Key struct {
	After time.Duration
	Digit string
}

// Run runs every case on the switch. It skips cases that need an ability that the switch lacks.
func Run(t *testing.T, s Switch) {
	cases, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			skip, err := s.check(t, c)
			if err != nil {
				t.Error(err)
			}
			if skip != "" {
				t.Skip(skip)
			}
		})
	}
}

// Failures returns the faults of a switch, one line per case. It is for tests of the suite itself, with a switch that
// is known to be broken.
func Failures(t *testing.T, s Switch) []string {
	cases, err := load()
	if err != nil {
		t.Fatal(err)
	}
	var failures []string
	for _, c := range cases {
		if _, err := s.check(t, c); err != nil {
			failures = append(failures, c.name+": "+err.Error())
		}
	}
	return failures
}

// check runs one case. It returns its fault, or why it was skipped.
func (s Switch) check(t *testing.T, c testCase) (skip string, err error) {
	if s.Virtual && slices.ContainsFunc(c.lines, func(l line) bool { return l.cancelAfter > 0 }) {
		return "a context ends in the middle of a method: this switch has a clock of its own; the switches with a real " +
			"clock run this case", nil
	}
	call := s.Place(t, c.caller)
	defer call.End()
	if need, ok := c.lacks(call); ok {
		return "the switch cannot " + string(need), nil
	}
	stop := watch(call)
	defer stop()
	for _, l := range c.lines {
		if err := s.step(call, l); err != nil {
			return "", fmt.Errorf("%s:%d: %s: %w", c.file, l.number, l.text, err)
		}
	}
	return "", nil
}

// watch calls Gone all the time, which Control allows during every method.
func watch(call Call) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			_, _ = call.Gone()
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(done)
		<-stopped
	}
}
