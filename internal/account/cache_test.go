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
