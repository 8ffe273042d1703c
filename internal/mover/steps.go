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

const (
	// maxRetreats is how often the fence may be lifted again without a switch before the move is called off.
	maxRetreats = 3
	// sweepAfter is when every process follows the switch for sure, and no write of before is under way any more.
	sweepAfter = 2 * time.Second
	// fencedAtMost is how long writers may be kept waiting. Then the fence is lifted, and tried again later.
	fencedAtMost = time.Minute
	// warmAtMost is how long views may take to be built at the target before readers are sent there all the same.
	warmAtMost = 10 * time.Minute
)

// steps goes from state to state until there is nothing to do for now.
func (j *job) steps() error {
	for {
		mig, err := j.state()
		if err != nil {
			return err
		}
		if err := j.at(string(mig.State)); err != nil {
			return err
		}
		switch {
		case !mig.Unfinished():
			return nil
		case mig.State != storageplan.Switched && mig.Wanted == rollback && !mig.Returns:
			err = j.callOff("")
		case mig.State == storageplan.Copying:
			err = j.copy(mig)
		case mig.State == storageplan.Fenced:
			err = j.fenced(mig)
		case mig.State == storageplan.Switched && mig.Wanted == rollback:
			err = j.turnBack()
		case !mig.Swept, mig.Wanted == "" && j.sweepDue(mig):
			err = j.sweep(mig)
		case mig.Wanted == finish:
			err = j.finish(mig)
		default:
			return j.change(func(mig *migration) { mig.Lease = nil })
		}
		if err != nil {
			return err
		}
	}
}

// sides are the two databases of a move.
func (j *job) sides(mig migration) (replication.Copy, datastore.Single, error) {
	from, err := j.cfg.Places.Connection(mig.From)
	if err != nil {
		return replication.Copy{}, from, fmt.Errorf("the connection %s that %s is moved from: %w", mig.From, mig.Database,
			err)
	}
	to, err := j.cfg.Places.Connection(mig.To)
	if err != nil {
		return replication.Copy{}, to, fmt.Errorf("the connection %s that %s is moved to: %w", mig.To, mig.Database, err)
	}
	source, err := from.Resolve(mig.Database, "")
	if err != nil {
		return replication.Copy{}, to, err
	}
	target, err := to.Resolve(mig.Database, "")
	if err != nil {
		return replication.Copy{}, to, err
	}
	return replication.Copy{From: source, To: target, Skip: skipped, Pace: &j.pace}, to, nil
}

// copy copies until nothing new comes, and calls for the fence.
func (j *job) copy(mig migration) error {
	c, to, err := j.sides(mig)
	if err != nil {
		return err
	}
	if err := open(j.ctx, c.To); err != nil {
		return err
	}
	if err := j.at("opened"); err != nil {
		return err
	}
	if err := j.cfg.Prepare(j.ctx, to, mig.To, mig.Database); err != nil {
		return fmt.Errorf("prepare %s on connection %s: %w", mig.Database, mig.To, err)
	}
	if err := j.copyAll(j.ctx, c, untilLittle); err != nil || j.wantsBack() {
		return err
	}
	// What cannot be compared must not be found out behind the fence, and writers shall not wait for what can be compared
	// before.
	j.compared = c.Compare()
	if err := j.compared.Look(j.ctx); err != nil {
		return err
	}
	if err := j.warm(c.To, mig.Database); err != nil {
		return err
	}
	if err := j.copyAll(j.ctx, c, untilLittle); err != nil || j.wantsBack() {
		return err
	}
	return j.change(func(mig *migration) { mig.State = storageplan.Fenced })
}

func differs(err error) bool { return errors.As(err, new(*replication.DifferentError)) }

func (j *job) wantsBack() bool {
	mig := j.now()
	return mig.Wanted == rollback && !mig.Returns
}

// untilLittle and untilNothing are how far copyAll goes.
const (
	untilLittle  = 200 * time.Millisecond // what is left takes no longer behind the fence, while writers wait
	untilNothing = 0
)

// copyAll copies from where the move is until what is left takes at most so long. Steps about nothing that is copied
// are not written down: in system_data, where the move's own document is, that would never end.
func (j *job) copyAll(ctx context.Context, c replication.Copy, left time.Duration) error {
	since := j.now().Since
	for {
		step, err := c.Step(ctx, since)
		if err != nil {
			return err
		}
		if err := j.at("copied"); err != nil {
			return err
		}
		if step.Done() || j.wantsBack() {
			return nil
		}
		if since = step.Since; step.Looked == 0 {
			continue
		}
		err = j.change(func(mig *migration) {
			mig.Since = step.Since
			mig.Copied += int64(step.Looked)
			if step.Left >= 0 {
				mig.Total = mig.Copied + step.Left
			}
			mig.Total, mig.Trouble = max(mig.Total, mig.Copied), ""
		})
		if err != nil {
			return err
		}
		if rest, known := step.Rest(); known && left > 0 && rest <= left {
			return nil
		}
	}
}

// warm has the target build its indexes while readers are still elsewhere.
func (j *job) warm(db *datastore.Database, database string) error {
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
				break // what a view says beside "not yet" is not for a move to mind
			}
			if err := context.Cause(j.ctx); err != nil {
				return err
			}
		}
	}
	return j.at("warmed")
}

// fenced puts up the fence, copies what came last, compares, and switches. Where that does not come about, the fence is
// lifted again.
func (j *job) fenced(mig migration) error {
	c, to, err := j.sides(mig)
	if err != nil {
		return err
	}
	if err := j.putUp(c); err != nil {
		if j.over(err) {
			return err
		}
		return j.retreat(c, fmt.Errorf("fence %s on connection %s: %w", mig.Database, mig.From, err))
	}
	if err := j.at("fence up"); err != nil {
		return err
	}
	proof, err := j.catchUp(c, to, mig)
	if err != nil {
		if j.over(err) {
			return err
		}
		return j.retreat(c, err)
	}
	if j.wantsBack() {
		return nil
	}
	if err := j.change(func(mig *migration) { mig.settleAt(proof) }); err != nil {
		return err
	}
	return j.at("switched over")
}

// over reports whether it is this process that cannot go on, and not the move.
func (j *job) over(err error) bool {
	return errors.Is(err, errStumbled) || errors.Is(err, errLost) || j.ctx.Err() != nil
}

// settleAt sends readers and writers to To.
func (m *migration) settleAt(proof replication.Proof) {
	m.Proof, m.Trouble, m.Swept, m.Sweeps, m.Total = &proof, "", false, 0, m.Copied
	if !m.Returns {
		m.State = storageplan.Switched
		return
	}
	m.From, m.To = m.To, m.From
	m.State, m.Lease, m.Wanted = storageplan.RolledBack, nil, ""
}

// catchUp copies what was written before the fence held, and proves that both sides are the same.
func (j *job) catchUp(c replication.Copy, to datastore.Single, mig migration) (replication.Proof, error) {
	ctx, cancel := context.WithTimeout(j.ctx, fencedAtMost)
	defer cancel()
	if err := j.cfg.Prepare(ctx, to, mig.To, mig.Database); err != nil {
		return replication.Proof{}, fmt.Errorf("prepare %s on connection %s: %w", mig.Database, mig.To, err)
	}
	if err := j.copyFromCopies(ctx, c); err != nil {
		return replication.Proof{}, err
	}
	if j.compared == nil { // who began is dead
		j.compared = c.Compare()
	}
	proof, err := j.compared.Prove(ctx)
	j.compared = nil
	if differs(err) { // perhaps only what this copy left out: from the beginning
		if err := j.change(func(mig *migration) { mig.Since, mig.Copied = "", 0 }); err != nil {
			return proof, err
		}
		if err := j.copyAll(ctx, c, untilNothing); err != nil {
			return proof, err
		}
		proof, err = c.Compare().Prove(ctx)
	}
	if err != nil {
		return proof, err
	}
	return proof, j.at("verified")
}

// retreat lifts the fence, so that writers go on at From, and tries again later; after a few times the move is called
// off.
func (j *job) retreat(c replication.Copy, why error) error {
	mig := j.now()
	if mig.Retreats+1 >= maxRetreats && !mig.Returns {
		j.cfg.Log.Error("a move is called off", "migration", j.id, "database", mig.Database, "error", why)
		return j.callOff(why.Error())
	}
	if err := j.lift(c); err != nil {
		return errors.Join(why, err)
	}
	if err := j.change(func(mig *migration) {
		mig.State, mig.Retreats = storageplan.Copying, mig.Retreats+
			1
	}); err != nil {
		return err
	}
	return why
}

// callOff ends a move that has not switched: everything stays where it is.
func (j *job) callOff(why string) error {
	mig := j.now()
	c, _, err := j.sides(mig)
	if err != nil {
		return err
	}
	if err := j.lift(c); err != nil {
		return err
	}
	if err := j.at("called off"); err != nil {
		return err
	}
	return j.change(func(mig *migration) {
		mig.State, mig.Lease, mig.Wanted, mig.Trouble = storageplan.RolledBack, nil, "", why
	})
}

// turnBack begins the way back of a move that has switched: the same, the other way round.
func (j *job) turnBack() error {
	return j.change(func(mig *migration) {
		mig.From, mig.To = mig.To, mig.From
		mig.State, mig.Returns, mig.Wanted = storageplan.Copying, true, ""
		mig.Since, mig.Copied, mig.Total, mig.Retreats = "", 0, 0, 0
	})
}

// sweep looks at From once more, when nobody can write there any more who had not heard of the fence in time. It is
// done again now and then until the move is finished, for copies of a cluster that lag: the fence keeps From as it is,
// but not all of it need be visible yet.
func (j *job) sweep(mig migration) error {
	if !mig.Swept {
		select {
		case <-j.ctx.Done():
			return context.Cause(j.ctx)
		case <-time.After(min(sweepAfter, j.cfg.Lease)):
		}
	}
	c, _, err := j.sides(mig)
	if err != nil {
		return err
	}
	if err := j.copyAll(j.ctx, c, untilNothing); err != nil {
		return err
	}
	return j.change(func(mig *migration) {
		mig.Swept, mig.SweptAt = true, j.cfg.Now().UnixMilli()
		mig.Sweeps++
	})
}

// sweepPauses are the times between sweeps, in leases; the last goes on.
var sweepPauses = [...]time.Duration{2, 12, 60, 120}

// sweepDue reports whether From is to be looked at again.
func (m *Mover) sweepDue(mig migration) bool {
	if mig.State != storageplan.Switched || !mig.Swept {
		return false
	}
	pause := sweepPauses[max(0, min(mig.Sweeps-1, len(sweepPauses)-1))] * m.cfg.Lease
	return m.cfg.Now().UnixMilli()-mig.SweptAt >= pause.Milliseconds()
}

const (
	// lagRounds and lagPause are how often, and how far apart, a cluster is asked for changes before it is believed that
	// there are no more.
	lagRounds = 8
	lagPause  = 200 * time.Millisecond
)

// copyFromCopies copies until nothing new comes. A cluster answers a feed of changes from one copy of each document,
// which may not have heard of a write that a majority has acknowledged; so it is asked several times, and usually
// another copy answers.
func (j *job) copyFromCopies(ctx context.Context, c replication.Copy) error {
	if err := j.copyAll(ctx, c, untilNothing); err != nil {
		return err
	}
	copies, err := c.From.Copies(ctx)
	if err != nil || copies == 1 {
		return err
	}
	for range lagRounds {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(lagPause):
		}
		step, err := c.Step(ctx, j.now().Since)
		if err == nil && !step.Done() {
			err = j.copyAll(ctx, c, untilNothing)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// finish makes the switch final.
func (j *job) finish(mig migration) error {
	c, _, err := j.sides(mig)
	if err != nil {
		return err
	}
	if err := j.copyFromCopies(j.ctx, c); err != nil {
		return err
	}
	if err := j.at("swept"); err != nil {
		return err
	}
	if err := j.cfg.Places.Settle(j.ctx, mig.Database, mig.To); err != nil {
		return err
	}
	if err := j.at("settled"); err != nil {
		return err
	}
	return j.change(func(mig *migration) {
		mig.State, mig.Lease, mig.Wanted, mig.Trouble = storageplan.Finished, nil, "", ""
	})
}

// apart refuses a move to the very server that the database is on: it would be fenced off from itself.
func apart(ctx context.Context, from, to datastore.Single) error {
	var here, there struct{ UUID string }
	for c, into := range map[*datastore.Connection]any{from.Connection: &here, to.Connection: &there} {
		if err := c.Ask(ctx, "GET", "/", nil, into); err != nil {
			return err
		}
	}
	if here.UUID != "" && here.UUID == there.UUID && from.Prefix == to.Prefix {
		return fmt.Errorf("%s and %s are the same server", from.Connection.Address(), to.Connection.Address())
	}
	return nil
}
