// Package controltest is the contract suite of callflow.Control: readable cases, each a caller, what is asked of the
// switch, and what must come of it. Every switch adapter runs all of them.
//
// A case in testdata begins with a line `# what must be so`, and goes on with one line a command:
//
//	caller presses 5 after 300ms        what the caller does, since the call began
//	caller hangs up after 1s
//	device:a busy after 200ms           what becomes of a leg: a word or a cause, as scripts have them
//	device:b answered after 1s talks 2s
//	play long until 5 = ok in 300ms     a command, its result (ok when absent), how long it takes (any time when absent)
//	cancelled after 300ms: play long    a command whose context ends meanwhile
//	heard long for 300ms                what the caller heard, all in all and in order; ends the case
//
// Results are ok, hung up, answered, cancelled and not heard for the errors, else what the command returns: digits in
// quotes, a length, a cause. The commands stand in commands.go.
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

// The media that a switch under test has, by name. Media called `missing` it does not have.
var mediaFiles = map[string]time.Duration{"short": 400 * time.Millisecond, "long": 3 * time.Second}

// Media lists the media files that the cases play: their names, and how long each is.
func Media() map[string]time.Duration {
	files := map[string]time.Duration{}
	for name, length := range mediaFiles {
		files[name] = length
	}
	return files
}

// Text is what the cases have read aloud. Its speech must take at least two seconds.
const Text = "This sentence is long enough to be interrupted by a key, or by a caller who hangs up."

// Switch is a switch to be held to the contract.
type Switch struct {
	// Place places a call from a caller who does as described, counted from the moment its Control is returned.
	Place func(t *testing.T, c Caller) Call
	// Slack is how far a moment may be off on this switch; a few frames, or more on a busy machine.
	Slack time.Duration
	// Virtual is set where time passes on a clock of the switch's own: no context can end in the middle of a method.
	Virtual bool
}

// Call is one call that was placed.
type Call struct {
	callflow.Control
	// Heard returns what the caller heard so far, in order.
	Heard func() []Heard
	// End ends the call if it is still up, and frees what belongs to it.
	End func()
}

// Heard is one piece that the caller heard: the name of media, or `speech`, `say` or `tone`.
type Heard struct {
	What string
	For  time.Duration
}

// Caller is who calls, and who is called.
type Caller struct {
	Keys   []Key         // in order of time
	HangUp time.Duration // after how long; 0 for never
	Legs   map[string]callflow.Reply
}

// Key is one key that the caller presses.
type Key struct {
	After time.Duration
	Digit string
}

// Run runs every case on the switch. Cases that need an ability the switch does not have are skipped.
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

// Failures returns what is wrong with a switch, one line a case. It is for tests of the suite itself, with a switch
// that is known to be broken.
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

// check plays one case and says what is wrong, or why the case was not played.
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

// watch asks for the end of the call all the time, which Control allows beside every method.
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
