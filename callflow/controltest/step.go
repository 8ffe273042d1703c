package controltest

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// longest is the longest that any command of a case may take.
const longest = 30 * time.Second

// step carries out one line and returns how its result differs from the wanted one.
func (s Switch) step(call Call, l line) error {
	if l.command[0] == "heard" {
		return s.heard(call.Heard(), l.command[1:])
	}
	o, err := parseOptions(l.command[1:])
	if err != nil {
		return err
	}
	ctx, cancel := l.context()
	defer cancel()
	began := call.Now()
	got := outcome(commands[l.command[0]].run(ctx, call, o))
	took := call.Now() - began
	if !s.same(got, l.want) {
		return fmt.Errorf("got %s after %v, want %s", got, took, l.want)
	}
	if l.in >= 0 && !s.near(took, l.in) {
		return fmt.Errorf("took %v, want %v, give or take %v", took, l.in, s.Slack)
	}
	return nil
}

// context returns the command's context. Every context ends, so that a method that never returns is noticed.
func (l line) context() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	after := longest
	switch {
	case l.cancelAfter > 0:
		after = l.cancelAfter
	case l.cancelAfter < 0:
		cancel(errCancelled)
	}
	why := errCancelled
	if l.cancelAfter == 0 {
		why = fmt.Errorf("the method did not return within %v", longest)
	}
	timer := time.AfterFunc(after, func() { cancel(why) })
	return ctx, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}

// same compares a result with the wanted one. Lengths may differ by the switch's slack.
func (s Switch) same(got, want string) bool {
	length, err := time.ParseDuration(want)
	if err != nil {
		return got == want
	}
	measured, err := time.ParseDuration(got)
	return err == nil && s.near(measured, length)
}

func (s Switch) near(got, want time.Duration) bool { return (got - want).Abs() <= s.Slack }

// heard compares what the caller heard with `NAME for DURATION, …`, or `nothing`.
func (s Switch) heard(got []Heard, words []string) error {
	want := strings.Join(words, " ")
	if want == "nothing" {
		if len(got) > 0 {
			return fmt.Errorf("the caller heard %v, want nothing", got)
		}
		return nil
	}
	pieces := strings.Split(want, ", ")
	if len(pieces) != len(got) {
		return fmt.Errorf("the caller heard %v, want %s", got, want)
	}
	for i, piece := range pieces {
		name, length, _ := strings.Cut(piece, " for ")
		d, err := time.ParseDuration(length)
		if err != nil {
			return err
		}
		if got[i].What != name || !s.near(got[i].For, d) {
			return fmt.Errorf("the caller heard %v, want %s, give or take %v", got, want, s.Slack)
		}
	}
	return nil
}
