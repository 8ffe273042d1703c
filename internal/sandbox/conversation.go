package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"callfn/internal/runs"
)

// conversation is the supervisor's end of the questions of one run: it decides nothing by what the worker says, answers
// every question in its time, and counts what the run waited.
type conversation struct {
	began  time.Time
	n      int
	waited time.Duration
	lost   bool // the host did not answer in its time, and may still be busy with the question
}

// question reads a frame as a question; nil where it is none that this run may ask.
func (a *conversation) question(j Job, f [][]byte) (verb string, arguments json.RawMessage, ok bool) {
	if j.Host == nil || len(f) != 5 || string(f[0]) != askWord || string(f[1]) != string(j.Run) ||
		string(f[2]) != strconv.Itoa(a.n+1) || a.n == maxAsks || len(f[3]) > maxVerb || len(f[4]) > MaxAsk {
		return "", nil, false
	}
	verb = string(f[3])
	return verb, f[4], a.lost || j.Host.Allows(verb)
}

// left is how long the next question may wait.
func (a *conversation) left() time.Duration {
	return min(runs.WaitMost-a.waited, runs.TotalMost-time.Since(a.began))
}

// tell has the host answer. It returns soon after the time of the run's waits is over, whatever the host does.
func (a *conversation) tell(ctx context.Context, h Host, verb string, arguments json.RawMessage) Told {
	left := a.left()
	if left <= 0 || a.lost {
		return refusal(verb, "budget", fmt.Sprintf("the function has waited %d ms, and a run may wait %d",
			a.waited.Milliseconds(), runs.WaitMost.Milliseconds()))
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	answer := make(chan Told, 1)
	go func() { answer <- h.Ask(ctx, verb, arguments) }()
	select {
	case told := <-answer:
		return told
	case <-ctx.Done():
	}
	timer := time.NewTimer(runs.HostGrace)
	defer timer.Stop()
	select {
	case told := <-answer:
		return told
	case <-timer.C:
		a.lost = true
		return refusal(verb, "budget", verb+" gave no answer in its time")
	}
}

// answer answers one question of the job, and moves the end of the exchange by what that took. The frame is a question
// or the worker has spoken out of turn.
func (p *process) answer(ctx context.Context, j Job, a *conversation, f [][]byte, limit time.Time) (time.Time, error) {
	verb, arguments, ok := a.question(j, f)
	if !ok {
		return limit, errFrame
	}
	a.n++
	began := time.Now()
	told := a.tell(ctx, j.Host, verb, arguments)
	text := told.encode()
	if len(text) > MaxTold {
		text = refusal(verb, "too_large", "the answer has more than 256 KiB").encode()
	}
	took := time.Since(began)
	a.waited += took
	limit = earlier(limit.Add(took), a.began.Add(runs.TotalMost+runs.Grace))
	_ = p.in.SetWriteDeadline(limit)
	_ = p.out.SetReadDeadline(limit)
	if ctx.Err() != nil { // what waits for that may have set the deadline before
		return limit, ctx.Err()
	}
	p.frame = appendFrame(p.frame[:0], []byte(toldWord), []byte(j.Run), f[2], text)
	_, err := p.in.Write(p.frame)
	clear(p.frame)
	if len(p.frame) > usualFrame {
		p.frame = nil
	}
	return limit, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// isQuestion reports whether a frame means to be a question.
func isQuestion(f [][]byte) bool { return len(f) > 0 && string(f[0]) == askWord }
