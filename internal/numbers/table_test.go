package numbers_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/numbers"
)

const (
	acme  account.ID = "ac3e0000000000000000000000000001"
	other account.ID = "ac3e0000000000000000000000000002"
)

func table(t *testing.T) (*numbers.Table, datastoretest.Stores) {
	t.Helper()
	stores := datastoretest.Open(t)
	return &numbers.Table{Datastores: stores, Now: time.Now}, stores
}

func TestAssignedNumberHasOneOwner(t *testing.T) {
	table, _ := table(t)
	ctx := context.Background()
	for _, number := range []string{"+14155550100", "1000", "*97"} {
		n, err := table.Assign(ctx, number, acme, datastore.Document{"note": "front desk"}, datastore.Stamp{})
		if err != nil {
			t.Fatalf("Assign(%s): got error %v, want none", number, err)
		}
		if n.Account() != acme || n.Document().Text("note") != "front desk" {
			t.Errorf("Assign(%s): got %v of %s, want the note, of %s", number, n.Document(), n.Account(), acme)
		}
		var taken *numbers.TakenError
		for _, to := range []account.ID{other, acme} {
			if _, err := table.Assign(ctx, number, to, nil, datastore.Stamp{}); !errors.As(err, &taken) || taken.By != acme {
				t.Errorf("Assign(%s) again, to %s: got %v, want that %s has it", number, to, err, acme)
			}
		}
	}
	for _, dialled := range []string{"+14155550100", "14155550100", "4155550100", "+1 (415) 555-0100", "415.555.0100"} {
		if got, err := table.Owner(ctx, dialled); got != acme || err != nil {
			t.Errorf("Owner(%s) = %s, %v, want %s", dialled, got, err, acme)
		}
	}
	for _, dialled := range []string{"+14155550199", "1001", "", "anonymous", "../_all_docs", string(acme)} {
		if got, err := table.Owner(ctx, dialled); !errors.Is(err, numbers.ErrUnassigned) {
			t.Errorf("Owner(%q) = %s, %v, want that nobody has it", dialled, got, err)
		}
	}
}

func TestMalformedNumberIsNotAssigned(t *testing.T) {
	table, _ := table(t)
	for _, number := range []string{
		"", "+", "+1", "no_match", "+1415abc", "++14155550100", "+12345678901234567", "_design/x",
	} {
		if _, err := table.Assign(context.Background(), number, acme, nil, datastore.Stamp{}); !errors.Is(err,
			numbers.ErrMalformed) {
			t.Errorf("Assign(%q): got %v, want %v", number, err, numbers.ErrMalformed)
		}
	}
}

func TestReleasedNumberCanBeAssignedAgain(t *testing.T) {
	table, _ := table(t)
	ctx := context.Background()
	for _, owner := range []account.ID{acme, other, acme} {
		n, err := table.Assign(ctx, "+14155550100", owner, nil, datastore.Stamp{})
		if err != nil {
			t.Fatal(err)
		}
		if err := table.Release(ctx, n); err != nil {
			t.Fatal(err)
		}
		if got, err := table.Owner(ctx, "+14155550100"); !errors.Is(err, numbers.ErrUnassigned) {
			t.Errorf("Owner after Release = %s, %v, want that nobody has it", got, err)
		}
	}
}

func TestMovedNumberKeepsItsProperties(t *testing.T) {
	table, _ := table(t)
	ctx := context.Background()
	if _, err := table.Assign(ctx, "1000", acme, datastore.Document{"note": "x"}, datastore.Stamp{}); err != nil {
		t.Fatal(err)
	}
	n, err := table.Move(ctx, "1000", other, datastore.Stamp{})
	if err != nil || n.Account() != other || n.Document().Text("note") != "x" {
		t.Errorf("Move = %v of %s, %v, want the note, of %s", n.Document(), n.Account(), err, other)
	}
	if got := n.Document().Text("pvt_previously_assigned_to"); got != string(acme) {
		t.Errorf("Move: the number was assigned to %q before, want %s", got, acme)
	}
	rows, err := table.View(ctx, datastore.Query{})
	if err != nil || len(rows) != 1 {
		t.Errorf("View = %v, %v, want one number", rows, err)
	}
}

// Twenty accounts want one number at once, in two processes.
func TestRaceForANumberHasOneWinner(t *testing.T) {
	one, stores := table(t)
	two := &numbers.Table{Datastores: stores, Now: time.Now}
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			id := account.ID([]byte("ac3e00000000000000000000000000" + string(rune('a'+i/10)) + string(rune('0'+i%10))))
			_, err := []*numbers.Table{one, two}[i%2].Assign(context.Background(), "+14155550100", id, nil, datastore.Stamp{})
			var taken *numbers.TakenError
			switch {
			case err == nil:
				won.Add(1)
			case !errors.As(err, &taken):
				t.Errorf("Assign: got %v, want that somebody has it", err)
			}
		})
	}
	all.Wait()
	if got := won.Load(); got != 1 {
		t.Errorf("%d accounts got the number, want 1", got)
	}
}

func TestAdoptGivesNumbersOfOneAccount(t *testing.T) {
	table, stores := table(t)
	ctx := context.Background()
	uses := func(id string, owner account.ID, numbers ...any) {
		t.Helper()
		db, err := stores.Resolve(datastore.Callflows, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Create(ctx, datastore.Document{
			"_id": id, "pvt_type": "callflow", "pvt_account_id": string(owner), "numbers": numbers,
		}); err != nil {
			t.Fatal(err)
		}
	}
	uses("c1", acme, "+14155550100", "1000", "no_match")
	uses("c2", acme, "+14155550100") // twice in one account
	uses("c3", acme, "+14155550111")
	uses("c4", other, "+14155550111", "1000")
	if _, err := table.Assign(ctx, "+14155550133", other, nil, datastore.Stamp{}); err != nil {
		t.Fatal(err)
	}
	uses("c5", acme, "+14155550133") // assigned by a person before

	want := numbers.Adoption{Assigned: 1, Doubles: []numbers.Double{
		{Number: "+14155550111", Accounts: []account.ID{acme, other}},
	}}
	got, err := table.Adopt(ctx)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Adopt: %v (-want +got):\n%s", err, diff)
	}
	for number, want := range map[string]account.ID{
		"+14155550100": acme, "+14155550111": "", "+14155550133": other, "1000": "",
	} {
		if owner, _ := table.Owner(ctx, number); owner != want {
			t.Errorf("Owner(%s) = %q, want %q", number, owner, want)
		}
	}
	doubles, err := table.Doubles(ctx)
	if diff := cmp.Diff(want.Doubles, doubles); err != nil || diff != "" {
		t.Errorf("Doubles: %v (-want +got):\n%s", err, diff)
	}
	uses("c6", other, "+14155550144")
	if again, err := table.Adopt(ctx); err != nil || !again.Before || again.Assigned != 0 {
		t.Errorf("Adopt at the next start = %+v, %v, want that nothing is assigned", again, err)
	}
}
