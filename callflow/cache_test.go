package callflow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/datastore"
)

// counting counts the requests to a directory.
type counting struct {
	callflow.Memory
	asked int
	fails error
}

func (c *counting) ByNumber(ctx context.Context, id account.ID, number string) ([]callflow.Document, error) {
	c.asked++
	docs, _ := c.Memory.ByNumber(ctx, id, number)
	return docs, c.fails
}

func (c *counting) Patterns(ctx context.Context, id account.ID) ([]callflow.PatternRow, error) {
	c.asked++
	rows, _ := c.Memory.Patterns(ctx, id)
	return rows, c.fails
}

func TestCache(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const other account.ID = "0ther000000000000000000000000002"
	store := &counting{Memory: callflow.Memory{
		acme:  {{Document: callflow.Document{ID: "c1", Numbers: []string{"1000"}}, Patterns: []string{"(", "^2(.*)$"}}},
		other: {{Document: callflow.Document{ID: "c2", Numbers: []string{"1000"}}}},
	}}
	cache := callflow.NewCache(store, func() time.Time { return now }, nil)
	look := func(id account.ID, number string, want callflow.ID, asked int) {
		t.Helper()
		before := store.asked
		match, err := callflow.Lookup(context.Background(), cache, id, number)
		if match.ID != want || (err != nil) != (want == "") || store.asked-before != asked {
			t.Errorf("%s: got %s %v after asking %d times, want %s after %d", number, match.ID, err, store.asked-before, want,
				asked)
		}
	}
	look(acme, "1000", "c1", 1)
	look(acme, "1000", "c1", 0)
	look(other, "1000", "c2", 1) // another account's number is separate
	look(acme, "2x", "c1", 2)    // number, patterns
	look(acme, "2y", "c1", 1)    // number only
	look(acme, "2x", "c1", 0)
	look(acme, "nobody", "", 1)
	look(acme, "nobody", "", 0)

	store.Memory[acme][0].Numbers = []string{"1001"}
	look(acme, "1000", "c1", 0)
	cache.Forget(acme)
	look(acme, "1001", "c1", 1)
	look(other, "1000", "c2", 0)
	now = now.Add(10 * time.Second)
	look(other, "1000", "c2", 1)

	look(acme, "1001", "c1", 1) // its ten seconds have passed too
	look(other, "1000", "c2", 0)
	cache.Changed(datastore.Change{Doc: datastore.Document{"pvt_type": "menu", "pvt_account_id": string(acme)}})
	look(acme, "1001", "c1", 0)
	cache.Changed(datastore.Change{Doc: datastore.Document{"pvt_type": "callflow", "pvt_account_id": string(acme)}})
	look(acme, "1001", "c1", 1)
	look(other, "1000", "c2", 0)
	cache.Changed(datastore.Change{Deleted: true})
	look(other, "1000", "c2", 1)

	cache.Forget(acme)
	store.fails = errors.New("connection refused")
	if _, err := callflow.Lookup(context.Background(), cache, acme, "1001"); !errors.Is(err, store.fails) {
		t.Errorf("got error %v, want %v", err, store.fails)
	}
	store.fails = nil
	look(acme, "1001", "c1", 1) // failures are not cached
}

// An answer that was under way when the account was dropped is not cached.
func TestCacheForgetsWhatIsOnItsWay(t *testing.T) {
	store := &counting{Memory: callflow.Memory{}}
	slow := &forgetting{counting: store}
	cache := callflow.NewCache(slow, time.Now, nil)
	slow.forget = func() { cache.Forget(acme) }
	for range 2 {
		if _, err := cache.ByNumber(context.Background(), acme, "1"); err != nil {
			t.Fatal(err)
		}
	}
	if store.asked != 2 {
		t.Errorf("asked %d times, want 2", store.asked)
	}
}

type forgetting struct {
	*counting
	forget func()
}

func (f *forgetting) ByNumber(ctx context.Context, id account.ID, number string) ([]callflow.Document, error) {
	defer f.forget()
	return f.counting.ByNumber(ctx, id, number)
}
