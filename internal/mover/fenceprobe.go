package mover

import (
	"context"
	"fmt"
	"io"
	"time"

	"callfn/internal/datastore"
)

const (
	fenceProbes   = 16 // documents of one probe: enough to reach each of CouchDB's two to eight shards
	fenceRounds   = 2  // consecutive probes that must be refused as a whole
	fenceFirst    = 20 * time.Millisecond
	fencePause    = 50 * time.Millisecond
	fenceDeadline = 10 * time.Second
)

// awaitFence waits until the fence refuses every write. Each shard of a cluster loads a new design document in its own
// time. The documents of a probe are deletions, so that one that gets through leaves nothing to read.
func awaitFence(ctx context.Context, db *datastore.Database, random io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, fenceDeadline)
	defer cancel()
	pause := fenceFirst
	for refused := 0; refused < fenceRounds; pause = fencePause {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the fence around %s lets writes through after %s: the server does not run validate_doc_update",
				db.Name(), fenceDeadline)
		case <-time.After(pause):
		}
		all, err := refusesAll(ctx, db, random)
		if err != nil {
			return err
		}
		if refused++; !all {
			refused = 0
		}
	}
	return nil
}

// refusesAll reports whether the fence refuses all writes of one probe.
func refusesAll(ctx context.Context, db *datastore.Database, random io.Reader) (bool, error) {
	docs := make([]datastore.Document, fenceProbes)
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
