package mover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/replication"
	"callfn/internal/storageplan"
)

// errLost: another process holds the lease now.
var errLost = errors.New("another process works at this migration")

// errStumbled is a process that died, in tests.
var errStumbled = errors.New("stumbled")

// job is one process's work at one move, for as long as it holds the lease.
type job struct {
	*Mover
	id     string
	ctx    context.Context
	cancel context.CancelCauseFunc

	pace     replication.Pace
	compared *replication.Comparison // what was looked at before the fence; nil when that has to be done behind it

	mu  sync.Mutex // one change of the document at a time
	mig migration
}

// work takes the lease of a move and goes on with it as far as it goes. It reports whether to try again at once.
func (m *Mover) work(id string) (again bool) {
	j := &job{Mover: m, id: id}
	j.ctx, j.cancel = context.WithCancelCause(m.ctx)
	defer j.cancel(nil)
	err := j.take()
	if err == nil {
		renewed := make(chan struct{})
		go func() { defer close(renewed); j.renew() }()
		err = j.steps()
		j.cancel(nil)
		<-renewed
	}
	switch {
	case err == nil, errors.Is(err, errLost), errors.Is(err, errStumbled), m.ctx.Err() != nil:
		return false
	}
	if j.mig.Trouble != err.Error() { // said once
		m.cfg.Log.Error("a move does not get on: it is tried again", "migration", id, "database", j.mig.Database, "state",
			j.mig.State, "error", err)
	}
	j.ctx, j.cancel = context.WithCancelCause(m.ctx)
	defer j.cancel(nil)
	_ = j.change(func(mig *migration) { mig.Trouble = err.Error() })
	select {
	case <-m.ctx.Done():
		return false
	case <-time.After(m.cfg.Lease / 5):
		return true
	}
}

// take takes the lease: errLost when another process has it, or when there is nothing to do.
func (j *job) take() error {
	mig, err := j.load(j.ctx, j.id)
	if err != nil {
		return err
	}
	held := mig.Lease != nil && mig.Lease.Holder != j.cfg.Holder && j.cfg.Now().UnixMilli() < mig.Lease.Until
	if !j.toDo(mig) || held && !j.cfg.Alone {
		return errLost
	}
	j.mig = mig
	if err := j.at("lease"); err != nil {
		return err
	}
	return j.store(func(*migration) {})
}

// toDo reports whether a move needs somebody to work at it.
func (m *Mover) toDo(mig migration) bool {
	return mig.Unfinished() && (mig.State != storageplan.Switched || mig.Wanted != "" || !mig.Swept || m.sweepDue(mig))
}

// renew keeps the lease while long steps last.
func (j *job) renew() {
	tick := time.NewTicker(j.cfg.Lease / 4)
	defer tick.Stop()
	for {
		select {
		case <-j.ctx.Done():
			return
		case <-tick.C:
			if err := j.change(func(*migration) {}); errors.Is(err, errLost) {
				j.cancel(errLost)
				return
			}
		}
	}
}

// change changes the document, and renews the lease with it. errLost when the lease is another's now: then nothing was
// changed, and nothing may be done any more.
func (j *job) change(edit func(*migration)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.store(edit)
}

// store is change without the lock. Only wishes may have come between, and do not get lost.
func (j *job) store(edit func(*migration)) error {
	for {
		if err := context.Cause(j.ctx); err != nil {
			return err
		}
		next := j.mig
		next.Lease = &lease{Holder: j.cfg.Holder, Until: j.cfg.Now().Add(j.cfg.Lease).UnixMilli()}
		next.Modified = datastore.Gregorian(j.cfg.Now())
		edit(&next)
		doc, err := next.document()
		if err != nil {
			return err
		}
		saved, err := j.cfg.Journal.Save(j.ctx, doc)
		if err == nil {
			next.Rev = saved.Rev()
			news := next.State != j.mig.State || next.Wanted != j.mig.Wanted || next.From != j.mig.From
			if j.mig = next; news {
				j.cfg.Log.Info("move", "migration", j.id, "database", next.Database, "state", next.State, "from", next.From, "to",
					next.To)
			}
			j.cfg.Places.Take(saved)
			return nil
		}
		if !errors.Is(err, datastore.ErrConflict) {
			return err
		}
		now, err := j.load(j.ctx, j.id)
		if err != nil {
			return err
		}
		if now.State != j.mig.State || now.From != j.mig.From || !sameHolder(now.Lease, j.mig.Lease, j.cfg.Holder) {
			return errLost
		}
		j.mig = now
	}
}

// sameHolder reports whether the lease has not changed hands since it was seen.
func sameHolder(now, seen *lease, us string) bool {
	if seen == nil || seen.Holder != us {
		return (now == nil) == (seen == nil) && (now == nil || *now == *seen)
	}
	return now != nil && now.Holder == us
}

// state is what is known of the move now, wishes of the last moment included.
func (j *job) state() (migration, error) {
	now, err := j.load(j.ctx, j.id)
	if err != nil {
		return migration{}, err
	}
	if now.Wanted != j.now().Wanted {
		if err := j.change(func(mig *migration) { mig.Wanted = now.Wanted }); err != nil {
			return migration{}, err
		}
	}
	return j.now(), nil
}

// now is the move as this process knows it.
func (j *job) now() migration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.mig
}

// at is a point between two steps.
func (j *job) at(step string) error {
	if err := j.cfg.Stumble(step); err != nil {
		return fmt.Errorf("%w at %s: %w", errStumbled, step, err)
	}
	return context.Cause(j.ctx)
}

func latestFirst(list []Status) {
	slices.SortStableFunc(list, func(a, b Status) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID))
	})
}
