package mover

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/replication"
	"callfn/internal/storageplan"
)

var (
	errLeaseLost = errors.New("another process works at this migration")
	errKilled    = errors.New("killed") // by Config.AtStep, in tests
)

// job is one process's work on one move while it holds the lease.
type job struct {
	*Mover
	id     string
	ctx    context.Context
	cancel context.CancelCauseFunc

	pace     replication.Pace
	compared *replication.Comparison // made before the fence; nil if it must be made behind it

	mu  sync.Mutex // one change of the document at a time
	mig migration
}

// work takes the lease of a move and carries out its steps as far as possible. It reports whether to try again at once.
func (m *Mover) work(id string) (again bool) {
	j := &job{Mover: m, id: id}
	j.ctx, j.cancel = context.WithCancelCause(m.ctx)
	defer j.cancel(nil)
	err := j.takeLease()
	if err == nil {
		renewed := make(chan struct{})
		go func() { defer close(renewed); j.keepLease() }()
		err = j.steps()
		j.cancel(nil)
		<-renewed
	}
	if err == nil || errors.Is(err, errLeaseLost) || errors.Is(err, errKilled) || m.ctx.Err() != nil {
		return false
	}
	return j.failed(err)
}

// failed records why a move made no progress, and waits before the next attempt. It reports whether there is one.
func (j *job) failed(err error) (again bool) {
	if j.mig.LastError != err.Error() { // logged once
		j.cfg.Log.Error("move failed, retrying", "migration", j.id, "database", j.mig.Database, "state", j.mig.State,
			"error", err)
	}
	j.ctx, j.cancel = context.WithCancelCause(j.Mover.ctx)
	defer j.cancel(nil)
	_ = j.change(func(mig *migration) { mig.LastError = err.Error() }) // if this fails, so does the next attempt
	select {
	case <-j.Mover.ctx.Done():
		return false
	case <-time.After(j.cfg.Lease / 5):
		return true
	}
}

// steps advances the move from state to state until there is nothing to do for now.
func (j *job) steps() error {
	for {
		mig, err := j.reload()
		if err != nil {
			return err
		}
		if err := j.checkpoint(string(mig.State)); err != nil {
			return err
		}
		switch {
		case !mig.Unfinished():
			return nil
		case mig.State != storageplan.Switched && mig.Requested == rollbackRequest && !mig.Returns:
			err = j.callOff("")
		case mig.State == storageplan.Copying:
			err = j.copy(mig)
		case mig.State == storageplan.Fenced:
			err = j.fenced(mig)
		case mig.Requested == rollbackRequest && !mig.Returns:
			err = j.startReturn()
		case j.sweepDue(mig):
			err = j.sweep(mig)
		case mig.ending() && mig.sweptEnough():
			err = j.end(mig)
		default:
			return j.change(func(mig *migration) { mig.Lease = nil })
		}
		if err != nil {
			return err
		}
	}
}

// hasWork reports whether a move needs a process now.
func (m *Mover) hasWork(mig migration) bool {
	return mig.Unfinished() && (mig.State != storageplan.Switched || mig.Requested == rollbackRequest || m.sweepDue(mig) ||
		mig.ending() && mig.sweptEnough())
}

// endpoints returns the two databases of a move and the connection that it moves to.
func (j *job) endpoints(mig migration) (replication.Copy, datastore.Single, error) {
	none := replication.Copy{}
	from, err := j.cfg.Places.Connection(mig.From)
	if err != nil {
		return none, from, fmt.Errorf("connection %s, from which %s is moved: %w", mig.From, mig.Database, err)
	}
	to, err := j.cfg.Places.Connection(mig.To)
	if err != nil {
		return none, to, fmt.Errorf("connection %s, to which %s is moved: %w", mig.To, mig.Database, err)
	}
	source, err := from.Resolve(mig.Database, "")
	if err != nil {
		return none, to, err
	}
	target, err := to.Resolve(mig.Database, "")
	if err != nil {
		return none, to, err
	}
	return replication.Copy{From: source, To: target, Skip: notCopied, Pace: &j.pace}, to, nil
}

// mustStop reports whether an error concerns this process and not the move.
func (j *job) mustStop(err error) bool {
	return errors.Is(err, errKilled) || errors.Is(err, errLeaseLost) || j.ctx.Err() != nil
}

// checkpoint is called between two steps.
func (j *job) checkpoint(step string) error {
	if err := j.cfg.AtStep(step); err != nil {
		return fmt.Errorf("%w at %s: %w", errKilled, step, err)
	}
	return context.Cause(j.ctx)
}
