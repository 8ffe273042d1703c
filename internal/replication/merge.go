package replication

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"callfn/internal/datastore"
)

// Merged is the result of merging documents into a database.
type Merged struct {
	Stored int // documents that were stored or updated
	Known  int // documents that were there already, in the same or a newer revision
	// Foreign lists the ids of documents that have another history here. They were left alone, or replaced on request.
	Foreign []string
}

// Merge stores documents with their revisions, as Read returned them, without losing anything. It leaves alone what is
// there already in the same or a newer revision. A document with the same id and an unrelated history is foreign. With
// replace, Merge deletes it, so that readers see the merged one; its content stays in its history.
func Merge(ctx context.Context, db *datastore.Database, docs []json.RawMessage, replace bool) (Merged, error) {
	var out Merged
	documents, order, err := byDocument(docs)
	if err != nil || len(order) == 0 {
		return out, err
	}
	winners, err := db.Winners(ctx, order)
	if err != nil {
		return out, err
	}
	here := map[string]datastore.Winner{}
	for _, w := range winners {
		here[w.ID] = w
	}
	missing, err := missingOf(ctx, db, documents, order)
	if err != nil {
		return out, err
	}
	var store []json.RawMessage
	for _, id := range order {
		w, there := here[id]
		switch {
		case !missing[id]:
			out.Known++
			continue
		case there && !documents[id].descendsFrom(w.Rev):
			if out.Foreign = append(out.Foreign, id); !replace {
				continue
			}
		}
		out.Stored++
		store = append(store, documents[id].docs...)
	}
	if err := Write(ctx, db, store); err != nil || !replace {
		return out, err
	}
	for _, id := range out.Foreign {
		if err := deleteConflicts(ctx, db, id, documents[id]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// The most branches of one document that are deleted, and the longest wait for a cluster's copies to agree.
const (
	mostBranches = 100
	mostLag      = 5 * time.Second
)

// deleteConflicts deletes the branches of a document that hide the merged one. It reads the single document, because a
// list of winners comes from one copy of a cluster. Where copies disagree, CouchDB answers with the winner among their
// revisions. That may be a branch deleted a moment ago, until the last copy has the deletion, so deleteConflicts waits
// for that.
func deleteConflicts(ctx context.Context, db *datastore.Database, id string, in *incoming) error {
	deleted := map[string]bool{}
	for until := time.Now().Add(mostLag); len(deleted) < mostBranches; {
		winner, err := db.Get(ctx, id)
		if errors.Is(err, datastore.ErrNotFound) {
			return nil
		}
		if err != nil || slices.Contains(in.leaves, winner.Rev()) {
			return err
		}
		rev := winner.Rev()
		if !deleted[rev] {
			err = db.Delete(ctx, id, rev)
		}
		switch late := time.Now().After(until); {
		case err == nil && !deleted[rev]:
			deleted[rev] = true
			continue
		case err != nil && (late || !errors.Is(err, datastore.ErrConflict)):
			return err
		case late:
			return fmt.Errorf("document %s/%s still shows revision %s, which was deleted", db.Name(), id, rev)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("document %s/%s has more than %d conflicts", db.Name(), id, mostBranches)
}

// incoming is a document to merge: its open revisions and their history.
type incoming struct {
	docs   []json.RawMessage
	leaves []string
	past   []string
}

func (in *incoming) descendsFrom(rev string) bool { return slices.Contains(in.past, rev) }

func byDocument(docs []json.RawMessage) (documents map[string]*incoming, order []string, err error) {
	documents = map[string]*incoming{}
	for _, doc := range docs {
		var d struct {
			ID        string `json:"_id"`
			Rev       string `json:"_rev"`
			Revisions struct {
				Start int
				IDs   []string
			} `json:"_revisions"`
		}
		if err := json.Unmarshal(doc, &d); err != nil {
			return nil, nil, err
		}
		if d.ID == "" || d.Rev == "" {
			return nil, nil, fmt.Errorf("a document without _id or _rev")
		}
		in := documents[d.ID]
		if in == nil {
			in = &incoming{}
			documents[d.ID], order = in, append(order, d.ID)
		}
		in.docs, in.leaves, in.past = append(in.docs, doc), append(in.leaves, d.Rev), append(in.past, d.Rev)
		for i, id := range d.Revisions.IDs {
			in.past = append(in.past, strconv.Itoa(d.Revisions.Start-i)+"-"+id)
		}
	}
	return documents, order, nil
}

func missingOf(ctx context.Context, db *datastore.Database, documents map[string]*incoming,
	order []string,
) (map[string]bool, error) {
	leaves := make([]datastore.Leaves, len(order))
	for i, id := range order {
		leaves[i] = datastore.Leaves{ID: id, Revs: documents[id].leaves}
	}
	missing := map[string]bool{}
	list, err := db.Missing(ctx, leaves)
	for _, l := range list {
		missing[l.ID] = true
	}
	return missing, err
}
