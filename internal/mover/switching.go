package mover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/replication"
	"callfn/internal/storageplan"
)

const (
	// maxRetreats is how often the fence may be removed without a switch before the move is called off.
	maxRetreats = 3
	// fencedAtMost is how long writers may be kept waiting. The fence is then removed, and the switch is tried again
	// later.
	fencedAtMost = time.Minute
)

// fenced raises the fence, copies the rest, compares, and switches. On failure it removes the fence again.
func (j *job) fenced(mig migration) error {
	c, to, err := j.endpoints(mig)
	if err != nil {
		return err
	}
	if err := j.raiseFence(c); err != nil {
		if j.mustStop(err) {
			return err
		}
		return j.retreat(c, fmt.Errorf("fence %s on connection %s: %w", mig.Database, mig.From, err))
	}
	if err := j.checkpoint("fence up"); err != nil {
		return err
	}
	proof, err := j.copyRest(c, to, mig)
	if err != nil {
		if j.mustStop(err) {
			return err
		}
		return j.retreat(c, err)
	}
	if j.calledOff() {
		return nil
	}
	if err := j.change(func(mig *migration) { mig.switchOver(proof) }); err != nil {
		return err
	}
	return j.checkpoint("switched over")
}

// switchOver sends readers and writers to To.
func (m *migration) switchOver(proof replication.Proof) {
	m.State, m.Proof, m.LastError, m.Total = storageplan.Switched, &proof, "", m.Copied
	m.Swept, m.Sweeps, m.SweptAt, m.Copies = false, 0, 0, 0
}

// copyRest copies what was written before the fence took effect, and proves that both sides are equal.
func (j *job) copyRest(c replication.Copy, to datastore.Single, mig migration) (replication.Proof, error) {
	ctx, cancel := context.WithTimeout(j.ctx, fencedAtMost)
	defer cancel()
	if err := j.prepare(ctx, to, mig); err != nil {
		return replication.Proof{}, err
	}
	if err := j.copyFromCopies(ctx, c); err != nil {
		return replication.Proof{}, err
	}
	if j.compared == nil { // the process that began the move has died
		j.compared = c.Compare()
	}
	proof, err := j.compared.Prove(ctx)
	j.compared = nil
	if errors.As(err, new(*replication.DifferentError)) { // copy and compare once more from the beginning
		if err := j.change(func(mig *migration) { mig.Since, mig.Copied = "", 0 }); err != nil {
			return proof, err
		}
		if err := j.copyAll(ctx, c, nothingLeft); err != nil {
			return proof, err
		}
		proof, err = c.Compare().Prove(ctx)
	}
	if err != nil {
		return proof, err
	}
	return proof, j.checkpoint("verified")
}

// retreat removes the fence, so that writers continue at From, and returns the reason, for another attempt. After
// maxRetreats it calls the move off, unless the move is on its way back.
func (j *job) retreat(c replication.Copy, reason error) error {
	mig := j.known()
	if mig.Retreats+1 >= maxRetreats && !mig.Returns {
		j.cfg.Log.Error("move called off", "migration", j.id, "database", mig.Database, "error", reason)
		return j.callOff(reason.Error())
	}
	if err := j.removeFence(c); err != nil {
		return errors.Join(reason, err)
	}
	if err := j.change(func(mig *migration) {
		mig.State = storageplan.Copying
		mig.Retreats++
	}); err != nil {
		return err
	}
	return reason
}

// callOff ends a move that has not switched: everything stays where it is.
func (j *job) callOff(reason string) error {
	c, _, err := j.endpoints(j.known())
	if err != nil {
		return err
	}
	if err := j.removeFence(c); err != nil {
		return err
	}
	if err := j.checkpoint("called off"); err != nil {
		return err
	}
	return j.change(func(mig *migration) {
		mig.State, mig.Lease, mig.Requested, mig.LastError = storageplan.RolledBack, nil, "", reason
	})
}

// startReturn begins the way back of a move that has switched: the same states with From and To exchanged.
func (j *job) startReturn() error {
	return j.change(func(mig *migration) {
		mig.From, mig.To = mig.To, mig.From
		mig.State, mig.Returns, mig.Requested = storageplan.Copying, true, ""
		mig.Since, mig.Copied, mig.Total, mig.Retreats = "", 0, 0, 0
	})
}
