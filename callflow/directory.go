package callflow

import (
	"context"
	"errors"

	"callfn/internal/account"
	"callfn/internal/pattern"
)

// Kind is the type (pvt_type) of a document that modules refer to.
type Kind string

// The kinds of documents behind modules.
const (
	MenuKind            Kind = "menu"
	DeviceKind          Kind = "device"
	ListKind            Kind = "list"
	TemporalRuleKind    Kind = "temporal_rule"
	TemporalRuleSetKind Kind = "temporal_rule_set"
)

// ErrNoDocument is a Directory's error for a document that is missing, deleted or of another account. The three cases
// are not distinguished.
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
	ID      ID // of the callflow with the pattern

	// The compiled pattern, or why it does not compile. Both are nil if nobody has tried.
	compiled *pattern.Pattern
	problem  error
}

// Directory finds the callflows of one account. It never returns deleted documents. Implementations are safe for
// concurrent use. An error means that the store could not answer, and never that nothing was found, except for
// ErrNoDocument.
type Directory interface {
	// ByNumber returns the callflows that list exactly this number, ordered by document id. No callflow is no error.
	ByNumber(ctx context.Context, id account.ID, number string) ([]Document, error)
	// Patterns returns all patterns of the account, ordered by pattern and then document id, as a CouchDB view does.
	Patterns(ctx context.Context, id account.ID) ([]PatternRow, error)
	// ByID returns one callflow, or an error that wraps ErrNoDocument.
	ByID(ctx context.Context, id account.ID, callflow ID) (Document, error)
	// Resource returns one of the documents that modules refer to, or an error that wraps ErrNoDocument.
	Resource(ctx context.Context, id account.ID, kind Kind, document string) (Data, error)
	// Devices returns the ids of the devices that a user owns, in order. No device is no error.
	Devices(ctx context.Context, id account.ID, owner string) ([]string, error)
}
