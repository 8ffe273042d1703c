package numbers_test

import (
	"errors"
	"testing"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/numbers"
)

func TestCacheRemembersOwners(t *testing.T) {
	table, _ := table(t)
	now := time.Now()
	c := numbers.NewCache(table, func() time.Time { return now })
	owner := func(number string, want account.ID) {
		t.Helper()
		id, err := c.Owner(t.Context(), number)
		if id != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, numbers.ErrUnassigned) {
			t.Errorf("the owner of %s: got %q, error %v; want %q", number, id, err, want)
		}
	}
	assign := func(number string, to account.ID) {
		t.Helper()
		if _, err := table.Move(t.Context(), number, to, datastore.Stamp{}); err != nil {
			t.Fatal(err)
		}
	}
	owner("front-desk", "")
	owner("+14155550100", "")
	assign("+14155550100", acme)
	owner("4155550100", "") // also that nobody had it is remembered, however the number is written
	c.Forget("+14155550100")
	owner("4155550100", acme)
	assign("+14155550100", other)
	owner("+14155550100", acme)
	c.ForgetAll()
	owner("+14155550100", other)
	assign("+14155550100", acme)
	now = now.Add(10 * time.Second) // nobody reported the change
	owner("+14155550100", acme)
}
