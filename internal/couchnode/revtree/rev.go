// Package revtree keeps the revisions of one document as CouchDB does: a tree in which only the leaves have a body,
// each leaf has the list of its ancestors' ids, and all nodes agree on one winning leaf.
//
// The tree is stored as the paths of its leaves. Replication needs no more (revs=true, _revs_diff, new_edits=false),
// and a merge has three cases: a new path extends a leaf, opens a branch, or is known already.
package revtree

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits on what a peer may claim. CouchDB has none.
const (
	maxIDBytes    = 128
	maxGeneration = 1 << 53 // exact in every peer's numbers
)

// ErrFormat is the error of a text that is not a revision.
var ErrFormat = errors.New("revtree: not a revision")

// ID is a revision's id in stored form: 16 raw bytes for the usual 32 hex digits, the text itself otherwise
// (couch_doc:parse_revid). Ids compare by these bytes.
type ID string

// Rev names one revision of a document. The zero Rev is "no revision"; generation 0 with an id is a revision of a
// _local document, which has no tree.
type Rev struct {
	Gen int64
	ID  ID
}

// ParseID reads the part after the dash.
func ParseID(s string) (ID, error) {
	switch {
	case s == "" || len(s) > maxIDBytes || !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0:
		return "", ErrFormat
	case len(s) == 32:
		raw, err := hex.DecodeString(s)
		if err != nil {
			return "", ErrFormat
		}
		return ID(raw), nil
	}
	return ID(s), nil
}

func (id ID) String() string {
	if len(id) == 16 {
		return hex.EncodeToString([]byte(id))
	}
	return string(id)
}

// Parse reads "generation-id".
func Parse(s string) (Rev, error) {
	gen, id, ok := strings.Cut(s, "-")
	n, err := strconv.ParseInt(gen, 10, 64)
	if !ok || err != nil || n < 0 || n > maxGeneration || gen[0] == '+' || gen[0] == '-' {
		return Rev{}, ErrFormat
	}
	if n == 0 {
		if id == "" || len(id) > 20 || !utf8.ValidString(id) {
			return Rev{}, ErrFormat
		}
		return Rev{ID: ID(id)}, nil
	}
	parsed, err := ParseID(id)
	return Rev{Gen: n, ID: parsed}, err
}

func (r Rev) String() string {
	if r.Gen == 0 {
		return "0-" + string(r.ID)
	}
	return strconv.FormatInt(r.Gen, 10) + "-" + r.ID.String()
}

// IsZero reports whether r is no revision.
func (r Rev) IsZero() bool { return r == Rev{} }

// Less orders revisions as CouchDB picks winners: by generation, then by the bytes of the id.
func (r Rev) Less(o Rev) bool {
	if r.Gen != o.Gen {
		return r.Gen < o.Gen
	}
	return r.ID < o.ID
}

// Next returns the revision that follows parent (zero for a first revision) when the compact JSON body is stored. It
// depends on nothing else, so the same edit on two nodes gives one revision. CouchDB hashes an Erlang term instead. Its
// ids therefore differ from these, which does not affect replication.
func Next(parent Rev, deleted bool, body []byte) Rev {
	h := md5.New()
	state := "live"
	if deleted {
		state = "deleted"
	}
	h.Write([]byte(state + "\x00" + parent.String() + "\x00"))
	h.Write(body)
	return Rev{Gen: parent.Gen + 1, ID: ID(h.Sum(nil))}
}
