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

// warmAtMost is how long views may take to be built at the target before readers are sent there all the same.
const warmAtMost = 10 * time.Minute

// copy copies while both sides are in use, until little is left. Then the fence is next.
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
	// The comparison of what is there already is made before the fence, so that writers do not wait for it, and a move
	// that cannot succeed never makes them wait.
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

// separate makes sure that a move leads to another server. Start could not where the target was down.
func (j *job) separate(mig migration, to datastore.Single) error {
	from, err := j.cfg.Places.Connection(mig.From)
	if err != nil {
		return err
	}
	return differentServers(j.ctx, from, to)
}

// prepare makes the target hold the database.
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

// littleLeft and nothingLeft are how far copyAll copies.
const (
	littleLeft  = 200 * time.Millisecond // about as long as writers then wait behind the fence
	nothingLeft = 0
)

// copyAll copies from where the move is until the rest takes at most as long as left. Steps that found only what is
// never copied are not recorded: in system_data, which holds the move's own document, recording them would never end.
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
	// clusterRounds and clusterPause are how often, and how far apart, a cluster is asked for changes before the answer
	// that there are none is believed.
	clusterRounds = 8
	clusterPause  = 200 * time.Millisecond
)

// copyFromCopies copies until nothing is left, also of a cluster: it is asked several times, and usually another copy
// answers each time.
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

// buildViews has the target build its indexes while readers are still elsewhere. A view that fails for another reason
// than time is no reason not to move.
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
