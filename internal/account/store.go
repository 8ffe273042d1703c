package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"callfn/internal/datastore"
)

// Config configures a Store. Every field but RealmSuffix is required.
type Config struct {
	Datastores datastore.Resolver
	Random     io.Reader        // source of ids, API keys and realms: crypto/rand
	Now        func() time.Time // the clock
	// RealmSuffix ends the realms generated for accounts without one (KAZOO's account_realm_suffix); "sip.callfn.local"
	// when empty.
	RealmSuffix string
}

// Store reads and writes accounts. It is safe for concurrent use.
type Store struct {
	cfg Config
	// unique is held from the check that a name and a realm are free until the account with them is stored.
	unique sync.Mutex
}

// NewStore returns a store. It sends nothing.
func NewStore(cfg Config) *Store {
	if cfg.RealmSuffix == "" {
		cfg.RealmSuffix = "sip.callfn.local"
	}
	return &Store{cfg: cfg}
}

// ErrHasDescendants reports that the account has accounts below it, which must be deleted first.
var ErrHasDescendants = errors.New("account has descendants")

// TakenError reports that another account has the name or realm.
type TakenError struct {
	Field string // "name" or "realm"
	Value string
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("account: the %s %q is taken: choose another", e.Field, e.Value)
}

func (s *Store) database() (*datastore.Database, error) {
	return s.cfg.Datastores.Resolve(datastore.Accounts, DocumentType)
}

func absent(id string) error {
	return &datastore.Error{Op: "get", Subject: "account " + id, Kind: datastore.ErrNotFound}
}

// Get reads an account. It returns datastore.ErrNotFound if the account does not exist or is deleted, or id is
// malformed.
func (s *Store) Get(ctx context.Context, id ID) (Account, error) {
	a, err := s.Lookup(ctx, id)
	if err == nil && a.Deleted() {
		return Account{}, absent(string(id))
	}
	return a, err
}

// Lookup is Get that also finds deleted accounts, whose place in the tree decides about access.
func (s *Store) Lookup(ctx context.Context, id ID) (Account, error) {
	if !id.Valid() {
		return Account{}, absent(string(id))
	}
	db, err := s.database()
	if err != nil {
		return Account{}, err
	}
	doc, err := db.Get(ctx, string(id))
	if err != nil {
		return Account{}, err
	}
	if doc.Type() != DocumentType {
		return Account{}, absent(string(id))
	}
	return Account{doc: doc}, nil
}

var keyShape = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ValidAPIKey reports whether key has the shape of an API key: 64 lower-case hex digits
// (docs/reference/kazoo.md#api-keys).
func ValidAPIKey(key string) bool { return keyShape.MatchString(key) }

// ByAPIKey finds the account of an API key, even a disabled one. It returns datastore.ErrNotFound if there is none.
func (s *Store) ByAPIKey(ctx context.Context, key string) (Account, error) {
	none := absent("of this API key")
	key = strings.ToLower(key)
	if !ValidAPIKey(key) {
		return Account{}, none
	}
	// Keys are sent in the body of a POST: a GET would put the secret into the datastore's access log.
	rows, err := s.view(ctx, "listing_by_api", datastore.Query{Keys: []any{key}, IncludeDocs: true})
	if err != nil {
		return Account{}, err
	}
	for _, row := range rows {
		a := Account{doc: row.Doc}
		if row.Doc != nil && !a.Deleted() && subtle.ConstantTimeCompare([]byte(a.APIKey()), []byte(key)) == 1 {
			return a, nil
		}
	}
	return Account{}, none
}

// Ancestors reads the accounts above one, from the root to the parent.
func (s *Store) Ancestors(ctx context.Context, a Account) ([]Account, error) {
	tree := a.Tree()
	if len(tree) == 0 {
		return nil, nil
	}
	keys := make([]any, len(tree))
	for i, id := range tree {
		keys[i] = string(id)
	}
	db, err := s.database()
	if err != nil {
		return nil, err
	}
	rows, err := db.AllDocs(ctx, datastore.Query{Keys: keys, IncludeDocs: true})
	if err != nil {
		return nil, err
	}
	var found []Account
	for _, row := range rows {
		if row.Doc != nil && row.Doc.Type() == DocumentType {
			found = append(found, Account{doc: row.Doc})
		}
	}
	return found, nil
}

// TimeZone returns the IANA name of the account's time zone: its own, else its nearest ancestor's, else UTC. It ignores
// names that this machine does not know.
func (s *Store) TimeZone(ctx context.Context, a Account) (string, error) {
	if known(a.timeZone()) {
		return a.timeZone(), nil
	}
	above, err := s.Ancestors(ctx, a)
	if err != nil {
		return "", err
	}
	for i := len(above) - 1; i >= 0; i-- {
		if known(above[i].timeZone()) {
			return above[i].timeZone(), nil
		}
	}
	return "UTC", nil
}

func known(zone string) bool {
	if zone == "" || zone == "Local" { // "Local" is this machine's zone
		return false
	}
	_, err := time.LoadLocation(zone)
	return err == nil
}

// ValidTimeZone reports whether zone is an IANA time zone name that this machine knows.
func ValidTimeZone(zone string) bool { return known(zone) }

// ResellerID returns the nearest ancestor that is a reseller, or "" for the master account.
func (s *Store) ResellerID(ctx context.Context, a Account) (ID, error) {
	above, err := s.Ancestors(ctx, a)
	if err != nil {
		return "", err
	}
	for i := len(above) - 1; i >= 0; i-- {
		if above[i].Reseller() {
			return above[i].ID(), nil
		}
	}
	return "", nil
}

// Children reads listing rows of the accounts directly below one; keys are [parent, name, id].
func (s *Store) Children(ctx context.Context, q datastore.Query) ([]datastore.Row, error) {
	return s.view(ctx, "listing_by_children", q)
}

// Descendants reads listing rows of all accounts below one; keys are [ancestor, name, id].
func (s *Store) Descendants(ctx context.Context, q datastore.Query) ([]datastore.Row, error) {
	return s.view(ctx, "listing_by_descendants", q)
}

func (s *Store) view(ctx context.Context, view string, q datastore.Query) ([]datastore.Row, error) {
	db, err := s.database()
	if err != nil {
		return nil, err
	}
	return db.View(ctx, "accounts", view, q)
}

// free returns a TakenError if an account other than id has the document's name or realm.
func (s *Store) free(ctx context.Context, doc datastore.Document) error {
	for _, check := range []struct{ field, view, key string }{
		{"name", "listing_by_name", datastore.AlphanumName(doc.Text("name"))},
		{"realm", "listing_by_realm", strings.ToLower(doc.Text("realm"))},
	} {
		if check.key == "" {
			continue
		}
		rows, err := s.view(ctx, check.view, datastore.Query{Key: check.key, Limit: 2})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.ID != doc.ID() {
				return &TakenError{Field: check.field, Value: doc.Text(check.field)}
			}
		}
	}
	return nil
}
