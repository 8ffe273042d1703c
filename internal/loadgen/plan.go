package loadgen

import (
	"context"
	"errors"
	"time"
)

// OK is the outcome of a call that came back as it should. Every other outcome is a failure.
const OK = "ok"

// NotSent is the outcome of calls of an open loop that waited to be sent until after its end.
const NotSent = "not_sent"

// Target is what is called.
type Target struct {
	Name string
	// Call makes one call and says what came of it, in a word: OK, or what went wrong. It is called concurrently and
	// returns soon after ctx ends.
	Call func(ctx context.Context) string
}

// Plan says how targets are called.
type Plan struct {
	// calls a second to each target, begun by the clock; 0 for as many as are answered (closed loop)
	Rate        float64
	Connections int           // calls under way at once, at most
	WarmUp      time.Duration // each target is called for so long before, unmeasured
	Duration    time.Duration // of measuring each target, all rounds together
	Rounds      int           // how often it is each target's turn
	Timeout     time.Duration // of one call
	Progress    func(Progress)
}

// Progress is told while calls are made.
type Progress struct {
	Target string
	Round  int // from 1; 0 while warming up
	Rounds int
	Calls  uint64  // answered in this round so far
	Failed uint64  // of them
	Share  float64 // of all rounds that is done, 0 to 1
}

func (p Plan) check() error {
	switch {
	case p.Rate < 0 || p.Rate > 100_000:
		return errors.New("loadgen: want at most 100,000 calls a second")
	case p.Connections < 1 || p.Connections > 1000:
		return errors.New("loadgen: want 1 to 1,000 connections")
	case p.Duration <= 0 || p.Rounds < 1 || p.Duration/time.Duration(p.Rounds) < 10*time.Millisecond:
		return errors.New("loadgen: want rounds of at least 10 ms")
	case p.WarmUp < 0 || p.Timeout <= 0:
		return errors.New("loadgen: want a warm-up and a timeout")
	}
	return nil
}
