package secret_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	acme  account.ID = "ac3e0000000000000000000000000001"
	other account.ID = "ac3e0000000000000000000000000002"
	value            = "sk_live_0123456789"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) (*secret.Store, datastoretest.Stores) {
	t.Helper()
	stores := datastoretest.Open(t)
	return &secret.Store{
		Datastores: stores, Key: auth.Secret{1}, Random: rand.Reader, Now: func() time.Time { return now },
	}, stores
}

func put(t *testing.T, s *secret.Store, of account.ID, name string, n secret.New) {
	t.Helper()
	if _, _, err := s.Put(t.Context(), of, name, n, datastore.Stamp{}); err != nil {
		t.Fatalf("put %s: %v", name, err)
	}
}

func crm(value string) secret.New {
	return secret.New{Value: value, Hosts: []string{"CRM.example.com"}}
}

func TestASecretIsSealedAndOpened(t *testing.T) {
	s, stores := open(t)
	put(t, s, acme, "CRM_KEY", crm(value))
	got, err := s.Open(t.Context(), acme, "CRM_KEY")
	if err != nil || got.Value != value || !got.MayGoTo.Matches("crm.example.com", "443") {
		t.Fatalf("open: got %q for %v, %v, want %q for crm.example.com", got.Value, got.MayGoTo, err, value)
	}
	for _, absent := range []struct {
		of   account.ID
		name string
	}{{other, "CRM_KEY"}, {acme, "CRM"}, {acme, "crm_key"}, {acme, "../CRM_KEY"}, {"", "CRM_KEY"}} {
		if _, err := s.Open(t.Context(), absent.of, absent.name); !errors.Is(err, secret.ErrAbsent) {
			t.Errorf("open %s of %s: got %v, want ErrAbsent", absent.name, absent.of, err)
		}
	}
	db, err := stores.Resolve(datastore.Accounts, "")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.AllDocs(t.Context(), datastore.Query{IncludeDocs: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rows)
	if err != nil || strings.Contains(string(text), value) || !strings.Contains(string(text), "CRM_KEY") {
		t.Errorf("stored: got %s, %v, want the name and nothing of the value", text, err)
	}
}

// A new value is what the next run gets, and replaces hosts and reveal too.
func TestRotation(t *testing.T) {
	s, _ := open(t)
	put(t, s, acme, "KEY", secret.New{Value: value, Hosts: []string{"a.example.com"}, Reveal: true})
	put(t, s, acme, "KEY", crm("another value"))
	got, err := s.Open(t.Context(), acme, "KEY")
	if err != nil || got.Value != "another value" || got.Reveal || !slices.Equal(got.Hosts, []string{"crm.example.com"}) {
		t.Errorf("after a rotation: got %+v, %v, want the new value for crm.example.com, without reveal", got, err)
	}
	if list, err := s.List(t.Context(), acme); err != nil || len(list) != 1 {
		t.Errorf("list: got %v, %v, want one secret", list, err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	s, _ := open(t)
	for name, c := range map[string]struct {
		secret string
		n      secret.New
		want   error
	}{
		"no name":                {"", crm(value), secret.ErrName},
		"a name with a dash":     {"A-B", crm(value), secret.ErrName},
		"a name with a digit":    {"1A", crm(value), secret.ErrName},
		"a long name":            {strings.Repeat("A", 65), crm(value), secret.ErrName},
		"a short value":          {"A", crm("1234567"), secret.ErrValue},
		"a long value":           {"A", crm(strings.Repeat("x", secret.MaxBytes+1)), secret.ErrValue},
		"bytes that are no text": {"A", crm("\xff\xfe\xff\xfe\xff\xfe\xff\xfe"), secret.ErrValue},
		"NUL":                    {"A", crm("12345678\x00"), secret.ErrValue},
		"a URL for a host":       {"A", secret.New{Value: value, Hosts: []string{"https://a.example"}}, secret.ErrHosts},
		"every host":             {"A", secret.New{Value: value, Hosts: []string{"*"}}, secret.ErrHosts},
		"every host of a suffix": {"A", secret.New{Value: value, Hosts: []string{"*.co.uk"}}, secret.ErrHosts},
		"many hosts":             {"A", secret.New{Value: value, Hosts: slices.Repeat([]string{"a"}, 21)}, secret.ErrHosts},
	} {
		_, _, err := s.Put(t.Context(), acme, c.secret, c.n, datastore.Stamp{})
		if !errors.Is(err, c.want) || c.n.Value != "" && strings.Contains(err.Error(), c.n.Value) {
			t.Errorf("%s: got %v, want %v, without the value", name, err, c.want)
		}
	}
	if list, err := s.List(t.Context(), acme); err != nil || len(list) != 0 {
		t.Errorf("list: got %v, %v, want none", list, err)
	}
}

// Whoever changes a document in the datastore, or starts with another key, gets nothing opened.
func TestChangedDocumentsDoNotOpen(t *testing.T) {
	s, stores := open(t)
	db, err := stores.Resolve(datastore.Accounts, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]func(datastore.Document){
		"other hosts": func(doc datastore.Document) { doc["hosts"] = []any{"crm.example.com", "evil.example"} },
		"no hosts":    func(doc datastore.Document) { delete(doc, "hosts") },
		"reveal":      func(doc datastore.Document) { doc["reveal"] = true },
		"another text": func(doc datastore.Document) {
			doc["pvt_sealed_secret"] = "A" + doc.Text("pvt_sealed_secret")[1:] + "A"
		},
	} {

		put(t, s, acme, "KEY", crm(value))
		doc, err := db.Get(t.Context(), "secret-"+string(acme)+"-KEY")
		if err != nil {
			t.Fatal(err)
		}
		c(doc)
		if _, err := db.Save(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(t.Context(), acme, "KEY"); !errors.Is(err, secret.ErrUnreadable) {
			t.Errorf("%s: got %q, %v, want ErrUnreadable", name, got.Value, err)
		}
	}
	put(t, s, acme, "KEY", crm(value))
	put(t, s, other, "KEY", crm("a value of others"))
	mine, err := db.Get(t.Context(), "secret-"+string(acme)+"-KEY")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := db.Get(t.Context(), "secret-"+string(other)+"-KEY")
	if err != nil {
		t.Fatal(err)
	}
	mine["pvt_sealed_secret"] = theirs["pvt_sealed_secret"]
	if _, err := db.Save(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Open(t.Context(), acme, "KEY"); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("the text of another account: got %q, %v, want ErrUnreadable", got.Value, err)
	}
	s.Key = auth.Secret{2}
	if got, err := s.Open(t.Context(), other, "KEY"); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("another key: got %q, %v, want ErrUnreadable", got.Value, err)
	}
	if any, err := s.Any(t.Context()); !any || err != nil {
		t.Errorf("any: got %v, %v, want that there are sealed values", any, err)
	}
	put(t, s, acme, "NEW", crm(value))
	if sealed, unreadable, err := s.Examine(t.Context()); sealed != 3 || unreadable != 2 || err != nil {
		t.Errorf("examine: got %d sealed, %d unreadable, %v, want 3 and 2", sealed, unreadable, err)
	}
}

// However many are stored at once, an account never has more than it may.
func TestQuota(t *testing.T) {
	s, _ := open(t)
	for i := range secret.MaxPerAccount - 2 {
		put(t, s, acme, fmt.Sprintf("S%d", i), crm(value))
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, _, err := s.Put(t.Context(), acme, fmt.Sprintf("RACE%d", i), crm(value), datastore.Stamp{})
			if err != nil && !errors.Is(err, secret.ErrFull) {
				t.Errorf("put: got %v, want none or ErrFull", err)
			}
		})
	}
	wg.Wait()
	for i := range 3 {
		_, _, _ = s.Put(t.Context(), acme, fmt.Sprintf("MORE%d", i), crm(value), datastore.Stamp{})
	}
	if list, err := s.List(t.Context(), acme); err != nil || len(list) != secret.MaxPerAccount {
		t.Errorf("list: got %d, %v, want %d", len(list), err, secret.MaxPerAccount)
	}
	if _, _, err := s.Put(t.Context(), acme, "BEYOND", crm(value), datastore.Stamp{}); !errors.Is(err, secret.ErrFull) {
		t.Errorf("one more: got %v, want ErrFull", err)
	}
	put(t, s, acme, "S1", crm("a new value")) // replacing is no other
	if _, err := s.Delete(t.Context(), acme, "S1"); err != nil {
		t.Fatal(err)
	}
	put(t, s, acme, "S1", crm(value)) // a name can be used again
	put(t, s, other, "S1", crm(value))
}

// The time of the last use is stored once an hour, and never writes a secret's own document.
func TestLastUse(t *testing.T) {
	s, _ := open(t)
	at := now
	s.Now = func() time.Time { return at }
	put(t, s, acme, "KEY", crm(value))
	before, err := s.Get(t.Context(), acme, "KEY")
	if err != nil || !before.Used.IsZero() {
		t.Fatalf("before a use: got %v, %v, want none", before.Used, err)
	}
	uses := secret.NewUses(s)
	for _, step := range []struct {
		after time.Duration
		want  time.Time
	}{{0, now}, {30 * time.Minute, now}, {61 * time.Minute, now.Add(61 * time.Minute)}} {
		at = now.Add(step.after)
		uses.Used(acme, "KEY")
		if err := uses.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := s.Get(t.Context(), acme, "KEY")
		if err != nil || !got.Used.Equal(step.want) || got.Revision != before.Revision {
			t.Errorf("after %s: got used %s, revision %s, %v, want %s and %s", step.after, got.Used, got.Revision, err,
				step.want, before.Revision)
		}
	}
	if list, err := s.List(t.Context(), acme); err != nil || len(list) != 1 || list[0].Used.IsZero() {
		t.Errorf("list: got %+v, %v, want one secret that was used", list, err)
	}
}

// away is a datastore that does not answer while it is set.
type away struct {
	datastore.Resolver
	now bool
}

func (a *away) Resolve(database, kind string) (*datastore.Database, error) {
	if a.now {
		return nil, &datastore.Error{Op: "get", Subject: database, Kind: datastore.ErrUnreachable}
	}
	return a.Resolver.Resolve(database, kind)
}

// Calls go on with the secrets that were read while the datastore is away, and with no others.
func TestReaderWithoutADatastore(t *testing.T) {
	s, stores := open(t)
	a := &away{Resolver: stores}
	s.Datastores = a
	put(t, s, acme, "KEY", crm(value))
	put(t, s, acme, "UNREAD", crm(value))
	r := secret.NewReader(s)
	if got, err := r.Open(t.Context(), acme, "KEY"); err != nil || got.Value != value {
		t.Fatalf("open: got %v, want the value", err)
	}
	a.now = true
	if got, err := r.Open(t.Context(), acme, "KEY"); err != nil || got.Value != value {
		t.Errorf("open while it is away: got %v, want the value", err)
	}
	for _, key := range []struct {
		of   account.ID
		name string
	}{{acme, "UNREAD"}, {other, "KEY"}} {
		if _, err := r.Open(t.Context(), key.of, key.name); !errors.Is(err, datastore.ErrUnreachable) {
			t.Errorf("open %s of %s while it is away: got %v, want ErrUnreachable", key.name, key.of, err)
		}
	}
	a.now = false
	put(t, s, acme, "KEY", crm("another value"))
	if got, err := r.Open(t.Context(), acme, "KEY"); err != nil || got.Value != "another value" {
		t.Errorf("open a new value: got %q, %v, want it", got.Value, err)
	}
	if _, err := s.Delete(t.Context(), acme, "KEY"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(t.Context(), acme, "KEY"); !errors.Is(err, secret.ErrAbsent) {
		t.Errorf("open a deleted one: got %v, want ErrAbsent", err)
	}
	a.now = true
	if _, err := r.Open(t.Context(), acme, "KEY"); !errors.Is(err, datastore.ErrUnreachable) {
		t.Errorf("open a deleted one while it is away: got %v, want ErrUnreachable", err)
	}
}
