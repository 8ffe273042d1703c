package replication

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"time"

	"callfn/internal/datastore"
)

// Proof is what a comparison of two databases found equal. A document that changed during the comparison counts each
// time.
type Proof struct {
	Documents int64 `json:"documents"`
	Deleted   int64 `json:"deleted"`
	// Digest is the SHA-256 over id, revision and deletion of every document, in the order of their comparison.
	Digest string `json:"digest"`
}

// differentAtMost is how many differences a comparison remembers until Prove. With more, Prove begins again.
const differentAtMost = 10_000

// Comparison compares what two databases show their readers of every document that the source ever had, including
// deleted ones. It also checks that the target knows every open branch. It asks each side directly; count and digest
// cover the answers. Revision ids stand for contents, which were compared when they were written.
//
// A comparison continues where it stopped. It can look at everything while both databases are in use. Behind a fence it
// then only checks what changed since on either side, which takes little time for any size.
type Comparison struct {
	copy         Copy
	since        string // sequence up to which the source was looked at
	there        string // sequence of the target when the comparison began; "" before
	ours, theirs hash.Hash
	proof        Proof
	different    map[string]*difference // by id, of the documents looked at
}

// difference is a document that differed when it was looked at.
type difference struct {
	leaves datastore.Leaves
	err    *DifferentError
}

// Compare begins a comparison. It sends no request yet.
func (c Copy) Compare() *Comparison {
	return &Comparison{copy: c, ours: sha256.New(), theirs: sha256.New(), different: map[string]*difference{}}
}

// Look compares what was not looked at yet, up to the end of the source's changes. Differences are no error, since the
// documents may still be on their way.
func (v *Comparison) Look(ctx context.Context) error {
	_, err := v.look(ctx)
	if len(v.different) > differentAtMost {
		*v = *v.copy.Compare()
	}
	return err
}

// Prove looks at the remaining changes and requires everything to be equal. It returns a *DifferentError for the first
// difference.
func (v *Comparison) Prove(ctx context.Context) (Proof, error) {
	begun := v.there
	seen, err := v.look(ctx)
	if err != nil {
		return Proof{}, err
	}
	for again := range slices.Chunk(v.leavesOfDifferent(), Page) {
		if err := v.page(ctx, again); err != nil {
			return Proof{}, err
		}
		for _, l := range again {
			if still := v.different[l.ID]; still != nil {
				return Proof{}, still.err
			}
		}
	}
	if begun != "" {
		if err := v.targetSince(ctx, begun, seen); err != nil {
			return Proof{}, err
		}
	}
	v.proof.Digest = hex.EncodeToString(v.ours.Sum(nil))
	if other := hex.EncodeToString(v.theirs.Sum(nil)); other != v.proof.Digest {
		return Proof{}, fmt.Errorf("the digests of %s differ: %s and %s", v.copy.To.Name(), v.proof.Digest, other)
	}
	return v.proof, nil
}

func (v *Comparison) leavesOfDifferent() []datastore.Leaves {
	var leaves []datastore.Leaves
	for _, id := range slices.Sorted(maps.Keys(v.different)) {
		leaves = append(leaves, v.different[id].leaves)
	}
	return leaves
}

// look compares up to the end of the source's changes. It returns the ids of the documents it looked at, unless those
// are all.
func (v *Comparison) look(ctx context.Context) (seen map[string]bool, err error) {
	if v.there == "" {
		p, err := v.copy.To.LeavesSince(ctx, "now", 1)
		if err != nil {
			return nil, err
		}
		v.there = p.Last
	} else {
		seen = map[string]bool{}
	}
	return seen, v.copy.pages(ctx, v.copy.From, v.since, func(p datastore.Portion, leaves []datastore.Leaves) error {
		if err := v.page(ctx, leaves); err != nil {
			return err
		}
		for _, l := range leaves {
			if seen != nil {
				seen[l.ID] = true
			}
		}
		v.since = p.Last
		return nil
	})
}

// targetSince compares what changed at the target and was not looked at behind the fence. Only the copy should write
// there.
func (v *Comparison) targetSince(ctx context.Context, since string, seen map[string]bool) error {
	return v.copy.pages(ctx, v.copy.To, since, func(_ datastore.Portion, leaves []datastore.Leaves) error {
		var ids []string
		for _, l := range leaves {
			if !seen[l.ID] {
				ids = append(ids, l.ID)
			}
		}
		mine, other, err := v.winners(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if w, ours := mine[id]; ours && other[id] != w {
				return different(v.copy.To.Name(), w, other)
			}
		}
		return nil
	})
}

// pages reads the changes of one side at the copy's pace.
func (c Copy) pages(ctx context.Context, db *datastore.Database, since string, each func(datastore.Portion,
	[]datastore.Leaves) error,
) error {
	for {
		begun := time.Now()
		p, err := db.LeavesSince(ctx, since, c.Pace.of())
		if err == nil && len(p.Documents) > 0 {
			err = each(p, c.kept(p.Documents))
		}
		c.Pace.took(time.Since(begun), err)
		if err != nil || len(p.Documents) == 0 {
			return err
		}
		since = p.Last
	}
}

// page compares documents of the source.
func (v *Comparison) page(ctx context.Context, leaves []datastore.Leaves) error {
	if len(leaves) == 0 {
		return nil
	}
	missing, err := v.copy.missing(ctx, leaves)
	if err != nil {
		return err
	}
	lacks := map[string]string{}
	for _, l := range missing {
		lacks[l.ID] = l.Revs[0]
	}
	ids := make([]string, len(leaves))
	for i, l := range leaves {
		ids[i] = l.ID
	}
	mine, other, err := v.winners(ctx, ids)
	if err != nil {
		return err
	}
	for _, l := range leaves {
		w := mine[l.ID]
		switch rev, lacking := lacks[l.ID]; {
		case lacking:
			v.different[l.ID] = &difference{l, &DifferentError{
				v.copy.To.Name(), l.ID, rev,
				"the target does not have this revision",
			}}
		case other[l.ID] != w:
			v.different[l.ID] = &difference{l, different(v.copy.To.Name(), w, other)}
		default:
			delete(v.different, l.ID)
			v.count(w, other[l.ID])
		}
	}
	return nil
}

func (v *Comparison) winners(ctx context.Context, ids []string) (mine, other map[string]datastore.Winner, err error) {
	if len(ids) == 0 {
		return nil, nil, nil
	}
	if mine, err = winnersByID(ctx, v.copy.From, ids); err != nil {
		return nil, nil, err
	}
	other, err = winnersByID(ctx, v.copy.To, ids)
	return mine, other, err
}

func winnersByID(ctx context.Context, db *datastore.Database, ids []string) (map[string]datastore.Winner, error) {
	list, err := db.Winners(ctx, ids)
	by := make(map[string]datastore.Winner, len(list))
	for _, w := range list {
		by[w.ID] = w
	}
	return by, err
}

func (v *Comparison) count(mine, other datastore.Winner) {
	for side, w := range map[hash.Hash]datastore.Winner{v.ours: mine, v.theirs: other} {
		_, _ = fmt.Fprintf(side, "%q %s %t\n", w.ID, w.Rev, w.Deleted) // a hash never fails
	}
	if mine.Deleted {
		v.proof.Deleted++
	} else {
		v.proof.Documents++
	}
}

// different returns an error that says what the target's readers see instead.
func different(database string, w datastore.Winner, other map[string]datastore.Winner) *DifferentError {
	o, there := other[w.ID]
	if !there {
		return &DifferentError{database, w.ID, w.Rev, "the target does not have this document"}
	}
	return &DifferentError{database, w.ID, w.Rev, fmt.Sprintf("readers of the target see revision %s (deleted: %t): "+
		"it had a document of this id before; remove that one", o.Rev, o.Deleted)}
}
