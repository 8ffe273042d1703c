package mover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/replication"
	"callfn/internal/storageplan"
)

const (
	// idPrefix begins the ids of moves. They stay where the plan is, whatever is moved.
	idPrefix = "migration-"
	// probePrefix begins the ids of documents that only try the fence. They are never copied.
	probePrefix = "callfn-fence-probe-"
)

// fence is the fence around From of the move that the job works at.
//
// Two processes may take themselves for the holder of the lease for a moment: one that was asleep, and the one that
// took over. So each looks at the fence first, then makes sure of the lease, and only then changes what it looked at:
// whoever slept in between finds either the lease or the fence changed, and changes nothing.
func (j *job) fence(c replication.Copy) (datastore.Document, error) {
	have, err := c.From.Get(j.ctx, datastore.FenceID)
	if err != nil && !errors.Is(err, datastore.ErrNotFound) {
		return nil, err
	}
	return have, j.change(func(*migration) {})
}

// putUp fences From against writes, and waits until that holds everywhere. A fence that is there gets our stamp.
func (j *job) putUp(c replication.Copy) error {
	stamp, err := datastore.NewID(j.cfg.Random)
	if err != nil {
		return err
	}
	for {
		have, err := j.fence(c)
		if err != nil {
			return err
		}
		want := fenceDocument("true", "this database is being moved elsewhere by callfn ("+j.id+"); write there")
		want["migration"], want["holder"], want["stamp"] = j.id, j.cfg.Holder, stamp
		if have != nil {
			want["_rev"] = have.Rev()
		}
		saved, err := c.From.Save(j.ctx, want)
		if errors.Is(err, datastore.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		// asleep after all, and nobody else needs this fence
		if err := j.change(func(*migration) {}); errors.Is(err, errLost) {
			_ = c.From.Delete(context.WithoutCancel(j.ctx), datastore.FenceID, saved.Rev())
			return err
		}
		return holds(j.ctx, c.From, j.cfg.Random)
	}
}

// fenceDocument is a fence that refuses writes while a condition holds, saying why. What is never copied belongs to its
// place: the probe, which proves there that functions run; plan and moves.
func fenceDocument(condition, why string) datastore.Document {
	return datastore.Document{
		"_id": datastore.FenceID, "language": "javascript",
		"about": "callfn is moving this database, or has moved it: writes belong elsewhere. See `callfn storage` before " +
			"you take this away.",
		"validate_doc_update": fmt.Sprintf(`function (doc) { if (%s && doc._id !== %q && doc._id !== %q && `+
			`doc._id.indexOf(%q) !== 0) { throw({forbidden: %q}); } }`,
			condition, provision.ProbeID, storageplan.Document, idPrefix, datastore.FenceWord+": "+why),
	}
}

// lift takes the fence around From away.
func (j *job) lift(c replication.Copy) error {
	have, err := j.fence(c)
	if err != nil || have == nil {
		return err
	}
	return gone(c.From.Delete(j.ctx, datastore.FenceID, have.Rev()))
}

// gone is nil for what is not there, or was changed by someone else.
func gone(err error) error {
	if errors.Is(err, datastore.ErrNotFound) || errors.Is(err, datastore.ErrConflict) ||
		errors.Is(err, datastore.ErrDatabaseMissing) {
		return nil
	}
	return err
}

// open lifts whatever fence is around a database that documents are moved into.
func open(ctx context.Context, db *datastore.Database) error {
	have, err := db.Get(ctx, datastore.FenceID)
	if err != nil {
		return gone(err)
	}
	return gone(db.Delete(ctx, datastore.FenceID, have.Rev()))
}

const (
	probes      = 16 // CouchDB's shards: two as a rule, eight in old clusters
	probeRounds = 2  // in a row that everything must be refused
	probeFirst  = 20 * time.Millisecond
	probePause  = 50 * time.Millisecond
	probeAtMost = 10 * time.Second
)

// holds waits until the fence refuses every write: each shard of a cluster takes in a design document in its own time.
// What tries it is born deleted, and refused as a rule.
func holds(ctx context.Context, db *datastore.Database, random io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, probeAtMost)
	defer cancel()
	pause := probeFirst
	for held := 0; held < probeRounds; pause = probePause {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the fence around %s does not hold after %s: the server does not run validate_doc_update",
				db.Name(), probeAtMost)
		case <-time.After(pause):
		}
		all, err := refusesAll(ctx, db, random)
		if err != nil {
			return err
		}
		if held++; !all {
			held = 0
		}
	}
	return nil
}

func refusesAll(ctx context.Context, db *datastore.Database, random io.Reader) (bool, error) {
	docs := make([]datastore.Document, probes)
	for i := range docs {
		id, err := datastore.NewID(random)
		if err != nil {
			return false, err
		}
		docs[i] = datastore.Document{"_id": probePrefix + id, "_deleted": true}
	}
	results, err := db.BulkSave(ctx, docs)
	if err != nil {
		return false, err
	}
	for _, r := range results {
		if !datastore.Fenced(r.Err) {
			return false, nil
		}
	}
	return true, nil
}

// skipped are documents that are not moved, besides design documents.
func skipped(id string) bool {
	return strings.HasPrefix(id, probePrefix) || strings.HasPrefix(id, idPrefix) || id == provision.ProbeID ||
		id == storageplan.Document
}
