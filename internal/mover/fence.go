package mover

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/replication"
	"callfn/internal/storageplan"
)

const (
	// idPrefix begins the ids of moves. Their documents stay beside the plan, whatever is moved.
	idPrefix = "migration-"
	// probePrefix begins the ids of documents that only test the fence. They are never copied.
	probePrefix = "callfn-fence-probe-"
)

// currentFence reads the fence around From (nil for none) and then renews the lease. For a moment two processes may
// both believe that they hold the lease: one that was suspended past its end, and the one that took over. Each reads
// the fence first, then renews the lease, and only then changes the revision of the fence that it read. A process that
// was suspended in between finds the lease or the fence changed, and changes nothing.
func (j *job) currentFence(c replication.Copy) (datastore.Document, error) {
	fence, err := c.From.Get(j.ctx, datastore.FenceID)
	if err != nil && !errors.Is(err, datastore.ErrNotFound) {
		return nil, err
	}
	return fence, j.renewLease()
}

// raiseFence fences From against writes and waits until every shard refuses them. It stamps an existing fence as its
// own.
func (j *job) raiseFence(c replication.Copy) error {
	stamp, err := datastore.NewID(j.cfg.Random)
	if err != nil {
		return err
	}
	for {
		old, err := j.currentFence(c)
		if err != nil {
			return err
		}
		fence := j.fenceDocument(stamp)
		if old != nil {
			fence["_rev"] = old.Rev()
		}
		saved, err := c.From.Save(j.ctx, fence)
		if errors.Is(err, datastore.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		// The lease was lost after all: the new holder raises a fence of its own.
		if err := j.renewLease(); errors.Is(err, errLeaseLost) {
			_ = c.From.Delete(context.WithoutCancel(j.ctx), datastore.FenceID, saved.Rev())
			return err
		}
		return awaitFence(j.ctx, c.From, j.cfg.Random)
	}
}

// fenceDocument returns the design document that refuses writes. Documents that are never copied belong to their server
// and may be written: the probe of provision, the storage plan and the moves.
func (j *job) fenceDocument(stamp string) datastore.Document {
	reason := datastore.FenceWord + ": this database is being moved elsewhere by callfn (" + j.id + "); write there"
	return datastore.Document{
		"_id": datastore.FenceID, "language": "javascript",
		"about": "callfn is moving this database, or has moved it: writes belong elsewhere. See `callfn storage` before " +
			"you take this away.",
		"validate_doc_update": fmt.Sprintf(`function (doc) { if (doc._id !== %q && doc._id !== %q && `+
			`doc._id.indexOf(%q) !== 0) { throw({forbidden: %q}); } }`,
			provision.ProbeID, storageplan.Document, idPrefix, reason),
		"migration": j.id, "holder": j.cfg.Holder, "stamp": stamp,
	}
}

// removeFence removes the fence around From.
func (j *job) removeFence(c replication.Copy) error {
	fence, err := j.currentFence(c)
	if err != nil || fence == nil {
		return err
	}
	return ignoreGone(c.From.Delete(j.ctx, datastore.FenceID, fence.Rev()))
}

// removeOldFence removes the fence that an earlier move left around the target database.
func removeOldFence(ctx context.Context, db *datastore.Database) error {
	fence, err := db.Get(ctx, datastore.FenceID)
	if err != nil {
		return ignoreGone(err)
	}
	return ignoreGone(db.Delete(ctx, datastore.FenceID, fence.Rev()))
}

// ignoreGone returns nil for the error of a document that is missing or was changed by another process.
func ignoreGone(err error) error {
	if errors.Is(err, datastore.ErrNotFound) || errors.Is(err, datastore.ErrConflict) ||
		errors.Is(err, datastore.ErrDatabaseMissing) {
		return nil
	}
	return err
}

// notCopied reports whether a document stays with its server, as design documents do.
func notCopied(id string) bool {
	return strings.HasPrefix(id, probePrefix) || strings.HasPrefix(id, idPrefix) || id == provision.ProbeID ||
		id == storageplan.Document
}
