package callflow

import (
	"context"
	"errors"

	"callfn/internal/account"
	"callfn/internal/pattern"
)

// Kind is the type of a document that modules refer to: its pvt_type.
type Kind string

// The kinds of documents behind modules.
const (
	MenuKind            Kind = "menu"
	DeviceKind          Kind = "device"
	ListKind            Kind = "list"
	TemporalRuleKind    Kind = "temporal_rule"
	TemporalRuleSetKind Kind = "temporal_rule_set"
)

// ErrNoDocument is what a Directory answers for a document that is absent, deleted or of another account: one answer
// for all of them.
var ErrNoDocument = errors.New("no such document in this account")

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

	// The pattern compiled ahead, or why it could not be; both nil where nobody has tried.
	compiled *pattern.Pattern
	problem  error
}

// Directory finds the callflows of one account. Deleted documents are never found. Implementations are safe for
// concurrent use; an error means that the store could not answer, never that nothing was found, except for
// ErrNoDocument.
type Directory interface {
	// ByNumber gives the callflows that list exactly this number, in order of document id; none is no error.
	ByNumber(ctx context.Context, id account.ID, number string) ([]Document, error)
	// Patterns gives all patterns of the account, ordered by pattern and then document id, as a CouchDB view does.
	Patterns(ctx context.Context, id account.ID) ([]PatternRow, error)
	// ByID gives one callflow, or an error that wraps ErrNoDocument.
	ByID(ctx context.Context, id account.ID, callflow ID) (Document, error)
	// Resource gives one of the documents that modules refer to, or an error that wraps ErrNoDocument.
	Resource(ctx context.Context, id account.ID, kind Kind, document string) (Data, error)
	// Devices gives the ids of the devices that a user owns, in order; none is no error.
	Devices(ctx context.Context, id account.ID, owner string) ([]string, error)
}
