package runrecord_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/await"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/function"
	"callfn/internal/runrecord"
	"callfn/internal/runs"
)

// Whatever fails, and however often, the last runs of each class are kept for each function. Many rehearsals displace
// no record of a call, and many failures no success.
func TestOfEachClassTheLastAreKept(t *testing.T) {
	stores := datastoretest.Open(t)
	keep := runrecord.Keep{Successes: 4, Failures: 6, Rehearsals: 3}
	r := runrecord.New(runrecord.Config{
		Datastores: stores, Now: time.Now, Keep: keep, FlushEvery: time.Millisecond,
		SweepEvery: 20 * time.Millisecond,
	})
	defer r.Close(context.Background())
	for i := range 300 {
		at := began.Add(time.Duration(i) * time.Second)
		for _, o := range []runs.Outcome{runs.OK, runs.Threw, runs.Timeout} {
			if o != runs.OK || i < 20 {
				r.Ran(ran(t, "f", at, o))
			}
			rehearsal := ran(t, "f", at, o)
			rehearsal.Origin = function.FromRehearsal
			r.Ran(rehearsal)
		}
	}
	want := map[string]int{"call ok": 4, "call failed": 6, "rehearsal": 3}
	count := func() map[string]int {
		n := map[string]int{}
		for _, doc := range kept(t, stores) {
			switch {
			case doc.Text("source") == "rehearsal":
				n["rehearsal"]++
			case doc.Text("outcome") == "ok":
				n["call ok"]++
			default:
				n["call failed"]++
			}
		}
		return n
	}
	await.Value(t, fmt.Sprint(want), func() (string, bool) {
		got := count()
		return fmt.Sprint(got), cmp.Equal(got, want)
	})
}

// Records outlive their functions. Creating and deleting functions is limited by account; other accounts are not
// affected.
func TestTheRecordsOfAnAccountAreBounded(t *testing.T) {
	stores := datastoretest.Open(t)
	keep := runrecord.Keep{Failures: 10, PerAccount: 50}
	r := runrecord.New(runrecord.Config{
		Datastores: stores, Now: time.Now, Keep: keep, FlushEvery: time.Millisecond,
		SweepEvery: 20 * time.Millisecond,
	})
	defer r.Close(context.Background())
	for i := range 200 {
		r.Ran(ran(t, fmt.Sprint("f", i), began.Add(time.Duration(i)*time.Second), runs.Threw))
	}
	other := ran(t, "f", began, runs.Threw)
	other.Account = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	r.Ran(other)
	look := func() (string, bool) {
		docs := kept(t, stores)
		n, others, oldest := 0, 0, "z"
		for _, doc := range docs {
			if doc.Account() == string(other.Account) {
				others++
				continue
			}
			n, oldest = n+1, min(oldest, doc.Text("timestamp"))
		}
		got := fmt.Sprintf("%d, the oldest of %s; %d of another account; %d removed", n, oldest, others, r.Stats().Over)
		return got, got == "50, the oldest of 2024-03-12T10:02:30.123Z; 1 of another account; 150 removed"
	}
	await.Value(t, "the last 50, 1 of another account, 150 removed", look)
}
