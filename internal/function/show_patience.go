package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// maxHeld bounds the runs that are listened to at once.
const maxHeld = 64

// heldRuns counts the runs that were given up and are still listened to.
type heldRuns struct{ n atomic.Int64 }

func (h *heldRuns) take() bool {
	if h.n.Add(1) > maxHeld {
		h.n.Add(-1)
		return false
	}
	return true
}

func (h *heldRuns) give() { h.n.Add(-1) }

// ended is how a run came out.
type ended struct {
	ev  runs.Report
	err error
}

// evaluatePatiently evaluates on an engine that may not end functions. The run itself goes on listening when it has
// been given up, since only CouchDB's own word tells a function that ran too long from one that waited for a process:
// see runs.Report.
func (d *ShowDriver) evaluatePatiently(ctx context.Context, db *datastore.Database, e Evaluation) (runs.Report, error) {
	listening, stop := context.WithTimeout(context.WithoutCancel(ctx), e.Deadline+runs.SettleWait)
	done := make(chan ended, 1)
	go func() {
		ev, err := d.evaluate(listening, db, e)
		done <- ended{ev, err}
	}()
	asked := make(chan signs, 1)
	asking, forget := context.WithTimeout(ctx, e.Deadline+runs.ShowWait+runs.SignsWait)
	timer := time.AfterFunc(e.Deadline, func() { asked <- d.askForSigns(asking, db) })
	defer func() {
		timer.Stop()
		forget()
	}()
	patience := time.NewTimer(e.Deadline + runs.ShowWait)
	defer patience.Stop()
	select {
	case r := <-done:
		stop()
		return r.ev, r.err
	case <-ctx.Done():
		stop()
		if err := ctx.Err(); errors.Is(err, context.Canceled) {
			return runs.Report{}, err
		}
		return runs.Report{}, fmt.Errorf("%s did not answer in time", db.Connection().Address())
	case <-patience.C:
	}
	var s signs
	select {
	case r := <-done:
		stop()
		return r.ev, r.err
	case s = <-asked:
	}
	ev, err := d.giveUp(s, db, e)
	if err != nil && s.dead != nil || !d.held.take() {
		stop()
		return ev, err
	}
	settled := make(chan runs.Outcome, 1)
	go func() {
		defer stop()
		defer d.held.give()
		defer close(settled)
		if r := <-done; r.err == nil {
			settled <- r.ev.Outcome
		}
	}()
	ev.Settled = settled
	return ev, err
}

// signs is what the server says of itself once a deadline has passed.
type signs struct {
	dead    error // it does not answer at all: why
	waiting error // it answers no other show either: why
	ours    bool  // its engine is our query server
}

// askForSigns asks whether the server lives, and whether its query server runs anything.
func (d *ShowDriver) askForSigns(ctx context.Context, db *datastore.Database) signs {
	waiting := make(chan error, 1)
	go func() { waiting <- d.probe(ctx, db) }()
	if dead := db.Connection().Alive(ctx); dead != nil {
		return signs{dead: dead}
	}
	return signs{waiting: <-waiting, ours: d.ourEngine()}
}

// giveUp tells what a run is that has no answer long after its deadline. Where the server runs other shows, the
// function is taking too long. Where it does not, this run waits for a process like the others.
func (d *ShowDriver) giveUp(s signs, db *datastore.Database, e Evaluation) (runs.Report, error) {
	address := db.Connection().Address()
	switch {
	case s.dead != nil:
		return runs.Report{}, fmt.Errorf("%s timed out and does not say that it lives: %w", address, s.dead)
	case s.waiting != nil:
		return runs.Report{}, d.silent.unanswered(errors.New("no show was answered in time"),
			func(ctx context.Context) error { return d.probe(ctx, db) })
	case s.ours:
		return runs.Report{}, fmt.Errorf("%s and its query server answer, but not this run in time", address)
	}
	return runs.Report{
		Outcome: runs.Timeout,
		Error: &runs.Failure{Message: fmt.Sprintf("the function was given up after %d ms",
			e.Deadline.Milliseconds())},
	}, nil
}

// probe asks for the show of no document, which `wh` refuses without running anything: nil when the query server
// answers, whatever it says.
func (d *ShowDriver) probe(ctx context.Context, db *datastore.Database) error {
	const run = "probe"
	header := http.Header{"Accept": {"application/json"}}
	header.Set(queryserver.RunHeader, run)
	resp, err := db.Connection().Raw(ctx, http.MethodGet, show(db), "probe=1", header, nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return err
	}
	if resp.Header.Get(queryserver.RunHeader) == run {
		d.ours.Store(true)
	}
	var b bareBody
	if resp.StatusCode < http.StatusInternalServerError || json.Unmarshal(body, &b) != nil {
		return nil
	}
	if said, _ := engineSays(resp.StatusCode, b.Error, b.Reason); said == runs.Threw {
		return nil
	}
	return fmt.Errorf("status %d %s: %s", resp.StatusCode, clip.Message(b.Error), clip.Message(b.Reason))
}
