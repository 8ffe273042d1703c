package mover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"callfn/couchapp"
	"callfn/internal/datastore"
	"callfn/internal/replication"
	"callfn/internal/storageplan"
)

// warmAtMost is how long the target may take to build views before readers are sent there regardless.
const warmAtMost = 10 * time.Minute

// copy copies while both sides are in use, until little is left. The fence comes next.
func (j *job) copy(mig migration) error {
	c, to, err := j.endpoints(mig)
	if err != nil {
		return err
	}
	if err := j.separate(mig, to); errors.As(err, new(*sameServerError)) {
		return j.callOff(err.Error())
	} else if err != nil {
		return err
	}
	if err := removeOldFence(j.ctx, c.To); err != nil {
		return err
	}
	if err := j.checkpoint("opened"); err != nil {
		return err
	}
	if err := j.prepare(j.ctx, to, mig); err != nil {
		return err
	}
	if err := j.copyAll(j.ctx, c, littleLeft); err != nil || j.calledOff() {
		return err
	}
	// Comparing existing documents before the fence saves writers from waiting for it. A move that cannot succeed then
	// never makes them wait.
	j.compared = c.Compare()
	if err := j.compared.Look(j.ctx); err != nil {
		return err
	}
	if err := j.buildViews(c.To, mig.Database); err != nil {
		return err
	}
	if err := j.copyAll(j.ctx, c, littleLeft); err != nil || j.calledOff() {
		return err
	}
	return j.change(func(mig *migration) { mig.State = storageplan.Fenced })
}

// separate checks that a move leads to another server. Start cannot check it while the target is down.
func (j *job) separate(mig migration, to datastore.Single) error {
	from, err := j.cfg.Places.Connection(mig.From)
	if err != nil {
		return err
	}
	return differentServers(j.ctx, from, to)
}

// prepare creates the database at the target.
func (j *job) prepare(ctx context.Context, to datastore.Single, mig migration) error {
	if err := j.cfg.Prepare(ctx, to, mig.To, mig.Database); err != nil {
		return fmt.Errorf("prepare %s on connection %s: %w", mig.Database, mig.To, err)
	}
	return nil
}

// calledOff reports whether Rollback was called before the switch.
func (j *job) calledOff() bool {
	mig := j.known()
	return mig.Requested == rollbackRequest && !mig.Returns
}

// littleLeft and nothingLeft tell copyAll when to stop.
const (
	littleLeft  = 200 * time.Millisecond // about as long as writers then wait behind the fence
	nothingLeft = 0
)

// copyAll copies from where the move is until the rest takes at most as long as left. It does not record steps that
// found only documents that are never copied. In system_data, which has the move's document, recording them would never
// end.
func (j *job) copyAll(ctx context.Context, c replication.Copy, left time.Duration) error {
	since := j.known().Since
	for {
		step, err := c.Step(ctx, since)
		if err != nil {
			return err
		}
		if err := j.checkpoint("copied"); err != nil {
			return err
		}
		if step.Done() || j.calledOff() {
			return nil
		}
		if since = step.Since; step.Looked == 0 {
			continue
		}
		if err := j.recordStep(step); err != nil {
			return err
		}
		if rest, known := step.Rest(); known && left > 0 && rest <= left {
			return nil
		}
	}
}

func (j *job) recordStep(step replication.Step) error {
	return j.change(func(mig *migration) {
		mig.Since = step.Since
		mig.Copied += int64(step.Looked)
		if step.Left >= 0 {
			mig.Total = mig.Copied + step.Left
		}
		mig.Total, mig.LastError = max(mig.Total, mig.Copied), ""
	})
}

const (
	// clusterRounds and clusterPause are how often, and at what interval, a cluster must answer that there are no changes.
	clusterRounds = 8
	clusterPause  = 200 * time.Millisecond
)

// copyFromCopies copies until nothing is left, also from a cluster. It asks a cluster several times, since usually
// another copy answers each time.
func (j *job) copyFromCopies(ctx context.Context, c replication.Copy) error {
	if err := j.copyAll(ctx, c, nothingLeft); err != nil {
		return err
	}
	copies, err := c.From.Copies(ctx)
	if err != nil || copies == 1 {
		return err
	}
	for range clusterRounds {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(clusterPause):
		}
		step, err := c.Step(ctx, j.known().Since)
		if err == nil && !step.Done() {
			err = j.copyAll(ctx, c, nothingLeft)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// buildViews builds the target's indexes while readers are still elsewhere. A query that times
// out is repeated. A view that fails otherwise does not stop the move.
func (j *job) buildViews(db *datastore.Database, database string) error {
	if !slices.Contains(couchapp.Names(), database) {
		return nil
	}
	design, err := couchapp.Assemble(database, couchapp.JavaScript)
	if err != nil {
		return err
	}
	end := j.cfg.Now().Add(warmAtMost)
	for view := range design.Views {
		for {
			_, err := db.View(j.ctx, database, view, datastore.Query{Limit: 1})
			if err == nil || !errors.Is(err, datastore.ErrUnreachable) || j.cfg.Now().After(end) {
				break
			}
			if err := context.Cause(j.ctx); err != nil {
				return err
			}
		}
	}
	return j.checkpoint("warmed")
}
