// Package replication copies documents between databases with their revision ids. A deletion stays a deletion and a
// conflict a conflict, and copying twice changes nothing. It reads and writes what CouchDB's replicator does
// (docs/reference/couchdb.md#moving-documents), and reads back everything it wrote.
//
// Design documents are not copied: each database gets them by installation. `_local` documents belong to their server.
package replication

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"callfn/internal/datastore"
)

// batchBytes is the most that one request writes, unless a single document is larger.
const batchBytes = 4 << 20

// Copy copies one database into another.
type Copy struct {
	From, To *datastore.Database
	Skip     func(id string) bool // documents to leave out besides design documents; nil for none
	Pace     *Pace                // page size; nil for always Page
}

// Step is the result of one step of a copy.
type Step struct {
	Since  string // where the next step begins
	Looked int    // documents in the step, without those left out
	last   bool   // the source had no further changes
	Stored int    // revisions that the target lacked
	Left   int64  // changes after Since; -1 if the source does not tell
	took   time.Duration
}

// Done reports whether the step reached the end of the changes and found nothing new. The source may have changed
// since.
func (s Step) Done() bool { return s.Looked == 0 && s.last }

// Rest estimates the remaining time at the speed of this step. known is false if there is no estimate.
func (s Step) Rest() (rest time.Duration, known bool) {
	switch {
	case s.last:
		return 0, true
	case s.Left < 0 || s.Looked == 0:
		return 0, false
	}
	return time.Duration(float64(s.took) / float64(s.Looked) * float64(s.Left)), true
}

// Step copies the next page of changes after since ("" for the beginning).
func (c Copy) Step(ctx context.Context, since string) (Step, error) {
	begun := time.Now()
	step, err := c.step(ctx, since, c.Pace.of())
	step.took = time.Since(begun)
	c.Pace.took(step.took, err)
	return step, err
}

func (c Copy) step(ctx context.Context, since string, page int) (Step, error) {
	p, err := c.From.LeavesSince(ctx, since, page)
	if err != nil {
		return Step{Since: since}, err
	}
	kept := c.kept(p.Documents)
	step := Step{Since: p.Last, Looked: len(kept), Left: p.Left, last: len(p.Documents) < page}
	missing, err := c.missing(ctx, kept)
	if err != nil {
		return step, err
	}
	err = Read(ctx, c.From, missing, func(docs []json.RawMessage) error {
		step.Stored += len(docs)
		return Write(ctx, c.To, docs)
	})
	return step, err
}

func (c Copy) missing(ctx context.Context, leaves []datastore.Leaves) ([]datastore.Leaves, error) {
	if len(leaves) == 0 {
		return nil, nil
	}
	return c.To.Missing(ctx, leaves)
}

// kept filters out the documents that are not copied.
func (c Copy) kept(all []datastore.Leaves) []datastore.Leaves {
	kept := make([]datastore.Leaves, 0, len(all))
	for _, l := range all {
		if !strings.HasPrefix(l.ID, "_design/") && (c.Skip == nil || !c.Skip(l.ID)) {
			kept = append(kept, l)
		}
	}
	return kept
}

// Read reads revisions in parts that fit into memory.
func Read(ctx context.Context, db *datastore.Database, wanted []datastore.Leaves,
	take func([]json.RawMessage) error,
) error {
	if len(wanted) == 0 {
		return nil
	}
	docs, err := db.Revisions(ctx, wanted)
	if errors.Is(err, datastore.ErrTooLarge) {
		first, second := halve(wanted)
		if second == nil {
			return err // a single revision
		}
		if err := Read(ctx, db, first, take); err != nil {
			return err
		}
		return Read(ctx, db, second, take)
	}
	if err != nil || len(docs) == 0 {
		return err
	}
	return take(docs)
}

// halve splits the wanted revisions. second is nil if there is only one.
func halve(wanted []datastore.Leaves) (first, second []datastore.Leaves) {
	if n := len(wanted) / 2; n > 0 {
		return wanted[:n], wanted[n:]
	}
	only := wanted[0]
	n := len(only.Revs) / 2
	if n == 0 {
		return wanted, nil
	}
	return []datastore.Leaves{{ID: only.ID, Revs: only.Revs[:n]}}, []datastore.Leaves{{ID: only.ID, Revs: only.Revs[n:]}}
}

// Write stores revisions, as Revisions or Read returned them, and reads them back. It returns a *DifferentError if the
// stored content differs from what was sent.
func Write(ctx context.Context, db *datastore.Database, docs []json.RawMessage) error {
	for len(docs) > 0 {
		n, size := 1, len(docs[0])
		for n < len(docs) && size+len(docs[n]) <= batchBytes {
			size += len(docs[n])
			n++
		}
		if err := db.StoreRevisions(ctx, docs[:n]); err != nil {
			return err
		}
		if err := readBack(ctx, db, docs[:n]); err != nil {
			return err
		}
		docs = docs[n:]
	}
	return nil
}
