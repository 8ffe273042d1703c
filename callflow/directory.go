package callflow

import (
	"context"
	"errors"

	"callfn/internal/account"
)

// ErrNoDocument is what Directory.ByID answers for a callflow that is absent, deleted or of another account: one answer
// for all of them.
var ErrNoDocument = errors.New("no such callflow in this account")

// Document is a callflow as the executor needs it.
type Document struct {
	ID      ID
	Name    string
	Numbers []string
	Flow    Node
}

// containsNoMatch reports whether the callflow is (also) the account's catch-all (cf_flow:contains_no_match).
func (d Document) containsNoMatch() bool {
	for _, number := range d.Numbers {
		if number == noMatch {
			return true
		}
	}
	return false
}

// PatternRow is one row of KAZOO's view callflows/listing_by_pattern.
type PatternRow struct {
	Pattern string
	ID      ID // the callflow that has it
}

// Directory finds the callflows of one account. Deleted documents are never found. Implementations are safe for
// concurrent use; an error means that the store could not answer, never that nothing was found, except for ErrNoDocument.
type Directory interface {
	// ByNumber gives the callflows that list exactly this number, in order of document id; none is no error.
	ByNumber(ctx context.Context, id account.ID, number string) ([]Document, error)
	// Patterns gives all patterns of the account, ordered by pattern and then document id, as a CouchDB view does.
	Patterns(ctx context.Context, id account.ID) ([]PatternRow, error)
	// ByID gives one callflow, or an error that wraps ErrNoDocument.
	ByID(ctx context.Context, id account.ID, callflow ID) (Document, error)
}
