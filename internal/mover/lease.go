package mover

import (
	"context"
	"errors"
	"time"

	"callfn/internal/datastore"
)

// takeLease takes the lease of a move. It returns errLeaseLost if another process holds it or there is nothing to do.
func (j *job) takeLease() error {
	mig, err := j.load(j.ctx, j.id)
	if err != nil {
		return err
	}
	held := mig.Lease != nil && mig.Lease.Holder != j.cfg.Holder && j.cfg.Now().UnixMilli() < mig.Lease.Until
	if !j.hasWork(mig) || held && !j.cfg.Alone {
		return errLeaseLost
	}
	j.mig = mig
	if err := j.checkpoint("lease"); err != nil {
		return err
	}
	return j.renewLease()
}

// keepLease renews the lease during long steps.
func (j *job) keepLease() {
	tick := time.NewTicker(j.cfg.Lease / 4)
	defer tick.Stop()
	for {
		select {
		case <-j.ctx.Done():
			return
		case <-tick.C:
			if err := j.renewLease(); errors.Is(err, errLeaseLost) {
				j.cancel(errLeaseLost)
				return
			}
		}
	}
}

// renewLease checks that this process still holds the lease, and extends it.
func (j *job) renewLease() error { return j.change(func(*migration) {}) }

// change changes the move's document and renews the lease with it. It returns errLeaseLost if another process holds the
// lease now. Then nothing was changed, and this process must stop. It keeps a request of Finish or Rollback that was
// stored in between.
func (j *job) change(edit func(*migration)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for {
		if err := context.Cause(j.ctx); err != nil {
			return err
		}
		stored, err := j.save(edit)
		if err == nil || !errors.Is(err, datastore.ErrConflict) {
			return err
		}
		now, err := j.load(j.ctx, j.id)
		if err != nil {
			return err
		}
		if now.State != stored.State || now.From != stored.From || !sameHolder(now.Lease, stored.Lease, j.cfg.Holder) {
			return errLeaseLost
		}
		j.mig = now
	}
}

// save stores the next revision of the document and returns the move as known before. The caller holds the lock.
func (j *job) save(edit func(*migration)) (known migration, err error) {
	known = j.mig
	next := known
	next.Lease = &lease{Holder: j.cfg.Holder, Until: j.cfg.Now().Add(j.cfg.Lease).UnixMilli()}
	next.Modified = datastore.Gregorian(j.cfg.Now())
	edit(&next)
	doc, err := next.document()
	if err != nil {
		return known, err
	}
	saved, err := j.cfg.Journal.Save(j.ctx, doc)
	if err != nil {
		return known, err
	}
	next.Rev = saved.Rev()
	j.mig = next
	if next.State != known.State || next.Requested != known.Requested || next.From != known.From {
		j.cfg.Log.Info("move changed state", "migration", j.id, "database", next.Database, "state", next.State, "from",
			next.From, "to", next.To)
	}
	j.cfg.Places.Take(saved)
	return known, nil
}

// sameHolder reports whether the lease has the same holder as when it was read.
func sameHolder(now, seen *lease, self string) bool {
	if seen == nil || seen.Holder != self {
		return (now == nil) == (seen == nil) && (now == nil || *now == *seen)
	}
	return now != nil && now.Holder == self
}

// reload reads the move, with requests that were stored meanwhile.
func (j *job) reload() (migration, error) {
	now, err := j.load(j.ctx, j.id)
	if err != nil {
		return migration{}, err
	}
	if now.Requested != j.known().Requested {
		if err := j.change(func(mig *migration) { mig.Requested = now.Requested }); err != nil {
			return migration{}, err
		}
	}
	return j.known(), nil
}

// known returns the move as this process knows it.
func (j *job) known() migration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.mig
}
