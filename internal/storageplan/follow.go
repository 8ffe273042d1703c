package storageplan

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"callfn/internal/datastore"
)

// read reads what is stored now and returns the update sequence to follow from.
func (r *Resolver) read(ctx context.Context, since string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for change, err := range r.cfg.Main.Connection.Database(r.systemData()).Changes(ctx, datastore.Feed{
		Since:       since,
		IncludeDocs: true,
	}) {
		if err != nil {
			return since, err
		}
		r.keep(change)
		since = change.Seq
	}
	return since, r.publish()
}

// follow applies changes as they happen, for one cycle.
func (r *Resolver) follow(ctx context.Context, since string) (string, error) {
	cycle, cancel := context.WithTimeout(ctx, followCycle)
	defer cancel()
	feed := datastore.Feed{Since: since, Follow: true, IncludeDocs: true, Heartbeat: followCycle / 3}
	for change, err := range r.cfg.Main.Connection.Database(r.systemData()).Changes(cycle, feed) {
		if err != nil {
			if cycle.Err() != nil {
				err = nil
			}
			return since, err
		}
		r.take(change)
		since = change.Seq
	}
	if cycle.Err() == nil {
		return since, errors.New("the change feed of system_data ended")
	}
	return since, nil
}

func (r *Resolver) systemData() string { return r.cfg.Main.Prefix + datastore.SystemData }

// take applies one change.
func (r *Resolver) take(change datastore.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.keep(change) {
		return
	}
	if err := r.publish(); err != nil {
		r.cfg.Log.Error("cannot use the stored storage plan, keeping the last one", "error", err)
	}
}

// Take applies a document of system_data that this process has just stored, before the feed delivers it.
func (r *Resolver) Take(saved datastore.Document) {
	r.take(datastore.Change{ID: saved.ID(), Rev: saved.Rev(), Doc: saved})
}

// keep applies a change that affects resolution, and reports whether it does. The caller holds the lock.
func (r *Resolver) keep(change datastore.Change) bool {
	doc := change.Doc
	if change.Deleted {
		doc = nil
	}
	switch {
	case change.ID == Document:
		if older(change.Rev, r.document.Rev()) {
			return false
		}
		if doc == nil {
			doc = datastore.Document{"_rev": change.Rev}
		}
		r.document = doc
		r.stored, r.storedErr = openDocument(doc, r.cfg.Secret)
	case doc.Type() == MigrationType:
		if older(change.Rev, r.migrations[change.ID].Rev()) {
			return false
		}
		r.migrations[change.ID] = doc
	case doc == nil && r.migrations[change.ID] != nil:
		delete(r.migrations, change.ID)
	default:
		return false
	}
	return true
}

// older reports whether a revision precedes another. The feed may deliver one that is known already.
func older(rev, than string) bool {
	generation := func(rev string) int {
		text, _, _ := strings.Cut(rev, "-")
		n, _ := strconv.Atoi(text)
		return n
	}
	return generation(rev) < generation(than)
}
