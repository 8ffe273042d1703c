package replication

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"callfn/internal/datastore"
)

// Proof is what a comparison of two databases found equal.
type Proof struct {
	Documents int64  `json:"documents"`
	Deleted   int64  `json:"deleted"`
	Digest    string `json:"digest"` // SHA-256 over id, revision and deletion of every document
}

// Verify compares what two databases show their readers of every document that the source ever had, deleted ones included, and
// that the target knows every open branch. Each side is asked for itself; count and digest are of what it answered. The first
// difference is a *DifferentError. Contents were compared when they were written: revision ids stand for them.
func (c Copy) Verify(ctx context.Context) (Proof, error) {
	var proof Proof
	ours, theirs := sha256.New(), sha256.New()
	for since := ""; ; {
		p, err := c.From.LeavesSince(ctx, since, Page)
		if err != nil {
			return Proof{}, err
		}
		if len(p.Documents) == 0 {
			break
		}
		since = p.Last
		leaves := c.kept(p.Documents)
		if len(leaves) == 0 {
			continue
		}
		missing, err := c.missing(ctx, leaves)
		if err != nil {
			return Proof{}, err
		}
		if len(missing) > 0 {
			return Proof{}, &DifferentError{c.To.Name(), missing[0].ID, missing[0].Revs[0], "the target does not have this revision"}
		}
		ids := make([]string, len(leaves))
		for i, l := range leaves {
			ids[i] = l.ID
		}
		mine, err := c.From.Winners(ctx, ids)
		if err != nil {
			return Proof{}, err
		}
		other, err := c.To.Winners(ctx, ids)
		if err != nil {
			return Proof{}, err
		}
		if err := compare(c.To.Name(), mine, other); err != nil {
			return Proof{}, err
		}
		for i, w := range mine {
			if _, err := fmt.Fprintf(ours, "%q %s %t\n", w.ID, w.Rev, w.Deleted); err != nil {
				return Proof{}, err
			}
			if _, err := fmt.Fprintf(theirs, "%q %s %t\n", other[i].ID, other[i].Rev, other[i].Deleted); err != nil {
				return Proof{}, err
			}
			if proof.Documents++; w.Deleted {
				proof.Documents--
				proof.Deleted++
			}
		}
	}
	proof.Digest = hex.EncodeToString(ours.Sum(nil))
	if other := hex.EncodeToString(theirs.Sum(nil)); other != proof.Digest {
		return Proof{}, fmt.Errorf("the digests of %s differ: %s and %s", c.To.Name(), proof.Digest, other)
	}
	return proof, nil
}

// compare names the first document that readers would see differently.
func compare(database string, mine, other []datastore.Winner) error {
	for i, w := range mine {
		switch {
		case i >= len(other) || other[i].ID != w.ID:
			return &DifferentError{database, w.ID, w.Rev, "the target does not have this document"}
		case other[i] != w:
			return &DifferentError{database, w.ID, w.Rev, fmt.Sprintf("readers of the target see revision %s (deleted: %t): "+
				"it had a document of this id before; remove that one", other[i].Rev, other[i].Deleted)}
		}
	}
	return nil
}
