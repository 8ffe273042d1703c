package replication

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"callfn/internal/datastore"
)

// Merged is what became of documents that were merged into a database.
type Merged struct {
	Stored int // documents that were stored, or got newer
	Known  int // documents that were there already, the same or newer
	// ids of documents that have another history here: they were left alone, or replaced if that was asked for
	Foreign []string
}

// Merge stores documents with their revisions, as Read gave them, where that loses nothing: what is there already, the
// same or newer, is left alone. A document of the same id with a history of its own is foreign: with replace it is
// deleted, so that readers see the one that comes; what it was stays in its history.
func Merge(ctx context.Context, db *datastore.Database, docs []json.RawMessage, replace bool) (Merged, error) {
	var out Merged
	comers, order, err := byDocument(docs)
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
	missing, err := missingOf(ctx, db, comers, order)
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
		case there && !comers[id].descendFrom(w.Rev):
			if out.Foreign = append(out.Foreign, id); !replace {
				continue
			}
		}
		out.Stored++
		store = append(store, comers[id].docs...)
	}
	if err := Write(ctx, db, store); err != nil || !replace {
		return out, err
	}
	for _, id := range out.Foreign {
		if err := yield(ctx, db, id, comers[id]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// yield deletes the branches of a document that hide the one that came.
func yield(ctx context.Context, db *datastore.Database, id string, c *comer) error {
	const branches = 100
	for range branches {
		winners, err := db.Winners(ctx, []string{id})
		if err != nil || len(winners) == 0 || winners[0].Deleted || slices.Contains(c.leaves, winners[0].Rev) {
			return err
		}
		if err := db.Delete(ctx, id, winners[0].Rev); err != nil {
			return err
		}
	}
	return fmt.Errorf("document %s/%s has more than %d conflicts", db.Name(), id, branches)
}

// comer is a document that comes: its open revisions, and their past.
type comer struct {
	docs   []json.RawMessage
	leaves []string
	past   []string
}

func (c *comer) descendFrom(rev string) bool { return slices.Contains(c.past, rev) }

func byDocument(docs []json.RawMessage) (comers map[string]*comer, order []string, err error) {
	comers = map[string]*comer{}
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
		c := comers[d.ID]
		if c == nil {
			c = &comer{}
			comers[d.ID], order = c, append(order, d.ID)
		}
		c.docs, c.leaves, c.past = append(c.docs, doc), append(c.leaves, d.Rev), append(c.past, d.Rev)
		for i, id := range d.Revisions.IDs {
			c.past = append(c.past, strconv.Itoa(d.Revisions.Start-i)+"-"+id)
		}
	}
	return comers, order, nil
}

func missingOf(ctx context.Context, db *datastore.Database, comers map[string]*comer,
	order []string,
) (map[string]bool, error) {
	leaves := make([]datastore.Leaves, len(order))
	for i, id := range order {
		leaves[i] = datastore.Leaves{ID: id, Revs: comers[id].leaves}
	}
	missing := map[string]bool{}
	list, err := db.Missing(ctx, leaves)
	for _, l := range list {
		missing[l.ID] = true
	}
	return missing, err
}
