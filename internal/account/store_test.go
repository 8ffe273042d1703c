package account_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
)

var key = strings.Repeat("0a", 32)

func newStore(t *testing.T) *account.Store {
	return storeOn(datastoretest.Open(t))
}

func storeOn(stores datastore.Resolver) *account.Store {
	return account.NewStore(account.Config{
		Datastores: stores, Random: rand.Reader,
		Now: func() time.Time { return time.Date(2024, 3, 12, 10, 0, 0, 0, time.UTC) },
	})
}

func TestMaster(t *testing.T) {
	ctx := t.Context()
	s := newStore(t)
	if _, err := s.MasterID(ctx); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("before: got %v, want %v", err, datastore.ErrNotFound)
	}
	for _, bad := range []string{"short", strings.Repeat("g", 64), key + "0", " " + key[1:]} {
		if _, _, err := s.EnsureMaster(ctx, "master", bad); err == nil || strings.Contains(err.Error(), bad) {
			t.Errorf("key %q: got %v, want it refused and not repeated", bad, err)
		}
	}
	master, created, err := s.EnsureMaster(ctx, "master", strings.ToUpper(key))
	if err != nil || !created || master.APIKey() != key || !master.Superduper() || !master.Reseller() ||
		len(master.Tree()) != 0 || master.Name() != "master" {
		t.Fatalf("got %v %v %+v, want the master created, a superduper reseller without ancestors", created, err, master)
	}
	for name, given := range map[string]string{
		"without a key": "", "with the same": key,
		"with the same in capitals": strings.ToUpper(key),
	} {
		again, created, err := s.EnsureMaster(ctx, "other", given)
		if err != nil || created || again.ID() != master.ID() || again.Name() != "master" {
			t.Errorf("%s: got %v %v %v, want %v as it was", name, again.ID(), created, err, master.ID())
		}
	}
	if _, _, err := s.EnsureMaster(ctx, "master", strings.Repeat("b", 64)); !errors.Is(err, account.ErrMasterKeyDiffers) ||
		strings.Contains(err.Error(), key) {
		t.Errorf("with another key: got %v, want %v without the key", err, account.ErrMasterKeyDiffers)
	}
	if got, err := s.ByAPIKey(ctx, key); err != nil || got.ID() != master.ID() {
		t.Errorf("by key: got %v %v, want %v", got.ID(), err, master.ID())
	}
}

func TestMasterKeyIsMade(t *testing.T) {
	master, _, err := newStore(t).EnsureMaster(t.Context(), "master", "")
	if err != nil || !account.ValidAPIKey(master.APIKey()) {
		t.Errorf("got %v and key %q, want a key that was made", err, master.APIKey())
	}
}

// Services that start at the same time on an empty store agree on one master account.
func TestOneMasterHoweverManyStart(t *testing.T) {
	stores := datastoretest.Open(t)
	var wg sync.WaitGroup
	ids := make([]account.ID, 8)
	for i := range ids {
		wg.Go(func() {
			master, _, err := storeOn(stores).EnsureMaster(t.Context(), "master", key)
			if err != nil {
				t.Error(err)
			}
			ids[i] = master.ID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || !id.Valid() {
			t.Errorf("masters: got %v, want one and the same", ids)
		}
	}
	db, _ := stores.Resolve(datastore.Accounts, "")
	rows, err := db.View(t.Context(), "accounts", "listing_by_name", datastore.Query{})
	if err != nil || len(rows) != 1 {
		t.Errorf("got %d accounts and %v, want one", len(rows), err)
	}
}

// A start that died between its two writes is completed by the next.
func TestMasterAfterACrash(t *testing.T) {
	stores := datastoretest.Open(t)
	db, _ := stores.Resolve(datastore.SystemData, "")
	id := strings.Repeat("c", 32)
	if _, err := db.Create(t.Context(), datastore.Document{"_id": "master_account", "account_id": id}); err != nil {
		t.Fatal(err)
	}
	master, created, err := storeOn(stores).EnsureMaster(t.Context(), "master", "")
	if err != nil || !created || string(master.ID()) != id {
		t.Errorf("got %v %v %v, want %s created", master.ID(), created, err, id)
	}
}

func TestRotationAndRevocation(t *testing.T) {
	ctx := t.Context()
	s := newStore(t)
	master, _, err := s.EnsureMaster(ctx, "master", key)
	if err != nil {
		t.Fatal(err)
	}
	expires := time.Date(2024, 3, 12, 11, 0, 0, 0, time.UTC)
	if err := s.RevokeToken(ctx, master.ID(), "old", expires.Add(-2*time.Hour), datastore.Stamp{}); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeToken(ctx, master.ID(), "new", expires, datastore.Stamp{}); err != nil {
		t.Fatal(err)
	}
	a, _ := s.Get(ctx, master.ID())
	if !a.TokenRevoked("new") || a.TokenRevoked("old") || a.TokenRevoked("other") {
		t.Errorf("revoked: got new %v, expired %v, other %v, want the new one alone",
			a.TokenRevoked("new"), a.TokenRevoked("old"),
			a.TokenRevoked("other"))
	}
	rotated, err := s.RotateAPIKey(ctx, master.ID(), datastore.Stamp{})
	if err != nil || rotated.APIKey() == key || rotated.SignatureSecret() == master.SignatureSecret() {
		t.Errorf("got %v and key %q, want another key and another secret", err, rotated.APIKey())
	}
	if _, err := s.ByAPIKey(ctx, key); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("the old key: got %v, want %v", err, datastore.ErrNotFound)
	}
	// Repeated logouts do not fill the document: at last every token becomes invalid.
	secret := rotated.SignatureSecret()
	for i := range 501 {
		if err := s.RevokeToken(ctx, master.ID(), fmt.Sprint(i), expires, datastore.Stamp{}); err != nil {
			t.Fatal(err)
		}
	}
	if a, _ = s.Get(ctx, master.ID()); a.SignatureSecret() == secret {
		t.Error("501 revocations: got them kept, want another secret instead")
	}
}

func TestBurial(t *testing.T) {
	ctx := t.Context()
	s := newStore(t)
	master, _, err := s.EnsureMaster(ctx, "master", key)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Create(ctx, master, map[string]any{"name": "acme", "realm": "acme.example", "custom": "private matter"},
		datastore.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(ctx, a, map[string]any{"name": "below"}, datastore.Stamp{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SoftDelete(ctx, a.ID(), datastore.Stamp{}); !errors.Is(err, account.ErrHasDescendants) {
		t.Errorf("with descendants: got %v, want %v", err, account.ErrHasDescendants)
	}
	b, err := s.Create(ctx, master, map[string]any{"name": "b", "custom": "private matter", "enabled": false},
		datastore.Stamp{})
	if err != nil || b.Enabled() {
		t.Fatalf("got enabled %v, %v, want false", b.Enabled(), err)
	}
	tombstone, err := s.SoftDelete(ctx, b.ID(), datastore.Stamp{})
	if err != nil || !tombstone.Deleted() || !tombstone.Below(master.ID()) || tombstone.APIKey() != "" ||
		tombstone.Document()["custom"] != nil || tombstone.Name() != "" {
		t.Errorf("got %v %v, want a tombstone without anything of the account", err, tombstone.Document())
	}
	if _, err := s.Get(ctx, b.ID()); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("get: got %v, want %v", err, datastore.ErrNotFound)
	}
	if found, err := s.Lookup(ctx, b.ID()); err != nil || !found.Deleted() {
		t.Errorf("lookup: got %v, want the tombstone", err)
	}
}
