package autodisable

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// Guard is a function.Observer that counts failures and disables functions. No call waits for it.
type Guard struct {
	cfg   Config
	queue chan function.Ran
	stop  chan struct{}
	ctx   context.Context // until Close
	done  chan struct{}
	once  sync.Once // closes stop
	pulse *pulse
	now   func() time.Time // the real time, also if the configuration has another clock

	failures, disabled, dropped atomic.Uint64

	seen map[key][]failure // the last failures of each function, oldest first; belongs to the counting goroutine
}

// key names a function of an account.
type key struct {
	account  account.ID
	function function.ID
}

// failure is one failed run.
type failure struct {
	key
	at   time.Time // when the run began
	last string
}

var _ function.Observer = (*Guard)(nil)

// New starts a Guard.
func New(cfg Config) *Guard {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Buffer <= 0 {
		cfg.Buffer = 4096
	}
	g := &Guard{
		cfg: cfg, queue: make(chan function.Ran, cfg.Buffer), stop: make(chan struct{}), done: make(chan struct{}),
		seen:  map[key][]failure{},
		pulse: &pulse{}, now: time.Now,
	}
	var cancel context.CancelFunc
	g.ctx, cancel = context.WithCancel(context.Background())
	go g.count(cancel)
	return g
}

// Ran counts a call's failure. It never waits. A run that was abandoned before its outcome was known counts when the
// outcome is known, and only if the function was at fault.
func (g *Guard) Ran(r function.Ran) {
	if g.cfg.Threshold.Failures <= 0 || r.Origin != function.FromCall || !r.Open() && !counts(r.Outcome) {
		return
	}
	r.Value, r.Flow, r.Logs, r.Source = nil, nil, nil, "" // not needed
	if !r.Open() {
		g.take(r)
		return
	}
	go func() { // the Runner bounds how many of these there are, and how long they wait
		o := r.Blame(g.ctx)
		if !counts(o) {
			return
		}
		if o != r.Outcome {
			r.Outcome, r.Error = o, nil // the error is outdated
		}
		g.take(r)
	}()
}

func (g *Guard) take(r function.Ran) {
	select {
	case g.queue <- r:
	default:
		g.dropped.Add(1)
	}
}

// Stats counts failures of functions in calls, disabled functions, and failures dropped for lack of room.
type Stats struct{ Failures, Disabled, Dropped uint64 }

// Stats returns the counts since the start.
func (g *Guard) Stats() Stats {
	return Stats{Failures: g.failures.Load(), Disabled: g.disabled.Load(), Dropped: g.dropped.Load()}
}

// Close stops counting.
func (g *Guard) Close() {
	g.once.Do(func() { close(g.stop) })
	<-g.done
}

// remembered is the number of functions beyond which old failures are dropped.
const remembered = 4096

func (g *Guard) count(cancel context.CancelFunc) {
	defer close(g.done)
	defer cancel()
	go func() {
		<-g.stop
		cancel()
	}()
	go g.beat()
	for {
		select {
		case r := <-g.queue:
			if g.excused(r) {
				continue
			}
			g.failures.Add(1)
			g.add(g.ctx, failure{key{r.Account, r.Function}, r.Start, lastOf(r)})
		case <-g.stop:
			return
		}
	}
}

// beat keeps the pulse in a goroutine of its own, since counting may wait for the datastore.
func (g *Guard) beat() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			g.pulse.beat(g.now())
		case <-g.ctx.Done():
			return
		}
	}
}

// excused reports whether the machine caused a failure: a deadline that passed while the process did not run.
func (g *Guard) excused(r function.Ran) bool {
	return r.Outcome == runs.Timeout && g.pulse.stalled(r.Start, r.Start.Add(r.Duration), g.now())
}

// add counts one failure and disables the function if the threshold is reached.
func (g *Guard) add(ctx context.Context, f failure) {
	t := g.threshold(ctx, f.account)
	recent := t.recent(append(g.seen[f.key], f))
	g.seen[f.key] = recent
	if t.reached(recent) {
		g.disable(ctx, f.key, t, recent)
	}
	if len(g.seen) > remembered {
		g.forget(g.cfg.Now())
	}
}

func (g *Guard) threshold(ctx context.Context, id account.ID) Threshold {
	if g.cfg.Account == nil {
		return g.cfg.Threshold
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	doc, err := g.cfg.Account(ctx, id)
	if err != nil {
		return g.cfg.Threshold
	}
	return thresholdOf(doc, g.cfg.Threshold)
}

// forget drops failures that no account's threshold counts any more, or all of them if that is not enough.
func (g *Guard) forget(now time.Time) {
	for k, list := range g.seen {
		if list[len(list)-1].at.Before(now.Add(-time.Hour)) {
			delete(g.seen, k)
		}
	}
	if len(g.seen) > remembered/2 {
		clear(g.seen)
	}
}

const (
	attempts   = 5
	saveWithin = 10 * time.Second
)

// disable disables a function. It repeats the decision after a conflict with another change.
func (g *Guard) disable(ctx context.Context, k key, t Threshold, recent []failure) {
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	for attempt := 1; ; attempt++ {
		done, err := g.tryDisable(ctx, k, t, recent)
		switch {
		case err == nil && done:
			delete(g.seen, k)
			return
		case err == nil:
			return
		case errors.Is(err, datastore.ErrConflict) && attempt < attempts:
			continue
		}
		g.cfg.Log.Error("cannot disable function that fails too often, retrying at its next failure",
			"account", string(k.account), "function", string(k.function), "error", err)
		return
	}
}

// tryDisable is one attempt. done reports that the function is disabled or deleted and needs no more counting.
func (g *Guard) tryDisable(ctx context.Context, k key, t Threshold, recent []failure) (done bool, err error) {
	functions := function.Collection(g.cfg.Datastores)
	doc, err := functions.Get(ctx, string(k.account), string(k.function))
	if errors.Is(err, datastore.ErrNotFound) || err == nil && !function.FromDocument(doc).Enabled {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if again, err := time.Parse(time.RFC3339Nano, doc.Text(function.EnabledAgain)); err == nil {
		if g.seen[k] = after(recent, again); !t.reached(g.seen[k]) {
			if len(g.seen[k]) == 0 {
				delete(g.seen, k)
			}
			return false, nil
		}
	}
	why := reason(t, recent[len(recent)-1].last)
	doc["enabled"] = false
	doc[function.DisabledMessage] = why
	doc["pvt_modified"] = datastore.Gregorian(g.cfg.Now())
	if _, err := functions.Save(ctx, doc); err != nil {
		return false, err
	}
	g.disabled.Add(1)
	g.cfg.Log.Warn("disabled function that failed too often in calls", "account", string(k.account), "function",
		string(k.function),
		"name", doc.Text("name"), "reason", why, "disabled_total", g.disabled.Load())
	return true, nil
}
