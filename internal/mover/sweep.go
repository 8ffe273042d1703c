package mover

import (
	"context"
	"time"

	"callfn/internal/storageplan"
)

// sweepAfter is the time after a switch when every process uses the new place for sure, and no earlier write is under
// way.
const sweepAfter = 2 * time.Second

// sweepsOfCluster is how often From is swept before a move from a cluster may end: with the default lease some 75
// seconds after the switch. A copy that lags for longer belongs to a node that is down, which `callfn doctor` reports.
const sweepsOfCluster = 3

// sweepPauses are the times between sweeps, in leases; the last is repeated.
var sweepPauses = [...]time.Duration{2, 12, 60, 120}

// sweep copies from From once more what appeared after the switch: a write by a process that heard late of the fence,
// or one that only a lagging copy of a cluster did not have. The fence keeps From unchanged meanwhile.
func (j *job) sweep(mig migration) error {
	if !mig.Swept {
		select {
		case <-j.ctx.Done():
			return context.Cause(j.ctx)
		case <-time.After(min(sweepAfter, j.cfg.Lease)):
		}
	}
	c, _, err := j.endpoints(mig)
	if err != nil {
		return err
	}
	if err := j.copyAll(j.ctx, c, nothingLeft); err != nil {
		return err
	}
	copies, err := c.From.Copies(j.ctx)
	if err != nil {
		return err
	}
	return j.change(func(mig *migration) {
		mig.Swept, mig.SweptAt, mig.Copies = true, j.cfg.Now().UnixMilli(), copies
		mig.Sweeps++
	})
}

// sweepDue reports whether From is to be swept now.
func (m *Mover) sweepDue(mig migration) bool {
	if mig.State != storageplan.Switched {
		return false
	}
	if !mig.Swept {
		return true
	}
	if mig.ending() && mig.sweptEnough() {
		return false
	}
	pause := sweepPauses[max(0, min(mig.Sweeps-1, len(sweepPauses)-1))] * m.cfg.Lease
	return m.cfg.Now().UnixMilli()-mig.SweptAt >= pause.Milliseconds()
}

// ending reports whether a move that has switched ends by itself: its end was requested, or it is on its way back.
func (m migration) ending() bool {
	return m.State == storageplan.Switched && (m.Returns || m.Requested == finishRequest)
}

// sweptEnough reports whether no more late documents are expected at From.
func (m migration) sweptEnough() bool {
	return m.Swept && (m.Copies <= 1 || m.Sweeps >= sweepsOfCluster)
}

// end makes a switch final: as finished, or as rolled_back on the way back.
func (j *job) end(mig migration) error {
	c, _, err := j.endpoints(mig)
	if err != nil {
		return err
	}
	if err := j.copyFromCopies(j.ctx, c); err != nil {
		return err
	}
	if err := j.checkpoint("swept"); err != nil {
		return err
	}
	if mig.Returns { // the plan's document never had the other place as home
		return j.change(func(mig *migration) {
			mig.From, mig.To = mig.To, mig.From
			mig.State, mig.Lease, mig.Requested, mig.LastError = storageplan.RolledBack, nil, "", ""
		})
	}
	if err := j.cfg.Places.Settle(j.ctx, mig.Database, mig.To); err != nil {
		return err
	}
	if err := j.checkpoint("settled"); err != nil {
		return err
	}
	return j.change(func(mig *migration) {
		mig.State, mig.Lease, mig.Requested, mig.LastError = storageplan.Finished, nil, "", ""
	})
}
