package account_test

import (
	"errors"
	"testing"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

func TestCache(t *testing.T) {
	ctx := t.Context()
	s := newStore(t)
	master, _, err := s.EnsureMaster(ctx, "master", key)
	if err != nil {
		t.Fatal(err)
	}
	stamp := datastore.Stamp{Now: time.Unix(1e9, 0)}
	top, err := s.Create(ctx, master, map[string]any{"name": "top"}, stamp)
	if err != nil {
		t.Fatal(err)
	}
	child, err := s.Create(ctx, top, map[string]any{"name": "child"}, stamp)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	c := account.NewCache(s, func() time.Time { return now })
	for id, want := range map[account.ID]account.ID{master.ID(): master.ID(), top.ID(): top.ID(), child.ID(): top.ID()} {
		if a, err := c.Get(ctx, id); err != nil || a.TopLevel() != want {
			t.Errorf("top level of %s: %s %v, want %s", id, a.TopLevel(), err, want)
		}
	}
	if _, err := c.Get(ctx, "nobody"); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("nobody: got %v, want %v", err, datastore.ErrNotFound)
	}
	if err := s.Remove(ctx, child); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(ctx, child.ID()); err != nil {
		t.Errorf("remembered: got %v, want the account", err)
	}
	c.Forget(child.ID())
	if _, err := c.Get(ctx, child.ID()); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("forgotten: got %v, want %v", err, datastore.ErrNotFound)
	}
	if err := s.Remove(ctx, top); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(ctx, top.ID()); err != nil {
		t.Errorf("remembered: got %v, want the account", err)
	}
	c.ForgetAll()
	if _, err := c.Get(ctx, top.ID()); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("forgotten: got %v, want %v", err, datastore.ErrNotFound)
	}
	if _, err := c.Get(ctx, master.ID()); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ctx, master); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, err := c.Get(ctx, master.ID()); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("after a while: got %v, want %v", err, datastore.ErrNotFound)
	}
}

func TestCacheRemembersRealms(t *testing.T) {
	ctx, stamp := t.Context(), datastore.Stamp{Now: time.Unix(1e9, 0)}
	s := newStore(t)
	master, _, err := s.EnsureMaster(ctx, "master", key)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	c := account.NewCache(s, func() time.Time { return now })
	realm := func(realm string, want account.ID) {
		t.Helper()
		a, err := c.ByRealm(ctx, realm)
		if a.ID() != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, datastore.ErrNotFound) {
			t.Errorf("the account of %s: got %q, error %v; want %q", realm, a.ID(), err, want)
		}
	}
	realm("", "")
	realm("acme.example", "")
	acme, err := s.Create(ctx, master, map[string]any{"name": "acme", "realm": "acme.example"}, stamp)
	if err != nil {
		t.Fatal(err)
	}
	realm("acme.example", "")
	c.Forget(acme.ID()) // as a change of the account does
	realm("ACME.example", acme.ID())
	if err := s.Remove(ctx, acme); err != nil {
		t.Fatal(err)
	}
	realm("acme.example", acme.ID())
	c.ForgetAll()
	realm("acme.example", "")
	again, err := s.Create(ctx, master, map[string]any{"name": "again", "realm": "acme.example"}, stamp)
	if err != nil {
		t.Fatal(err)
	}
	realm("acme.example", "")
	now = now.Add(10 * time.Second) // the change was not reported
	realm("acme.example", again.ID())
}

// The zone comes from the nearest account above that has one.
func TestCacheFindsTimeZones(t *testing.T) {
	ctx, stamp := t.Context(), datastore.Stamp{Now: time.Unix(1e9, 0)}
	s := newStore(t)
	master, _, err := s.EnsureMaster(ctx, "master", key)
	if err != nil {
		t.Fatal(err)
	}
	c := account.NewCache(s, time.Now)
	name := "a"
	create := func(parent account.Account, zone string) account.Account {
		t.Helper()
		name += "a"
		doc := map[string]any{"name": name}
		if zone != "" {
			doc["timezone"] = zone
		}
		a, err := s.Create(ctx, parent, doc, stamp)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	zone := func(a account.Account, want string) {
		t.Helper()
		if got, err := c.TimeZone(ctx, a); got != want || err != nil {
			t.Errorf("the zone: got %q, error %v; want %q", got, err, want)
		}
	}
	top := create(master, "Europe/Vienna")
	middle := create(top, "")
	low := create(middle, "")
	zone(low, "Europe/Vienna")
	zone(create(low, "America/Denver"), "America/Denver")
	zone(create(master, ""), "UTC")
	if err := s.Remove(ctx, middle); err != nil {
		t.Fatal(err)
	}
	c.ForgetAll()
	zone(low, "Europe/Vienna") // the account in between was deleted
}
