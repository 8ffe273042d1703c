package callrecord_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/callrecord"
	"callfn/internal/calls"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	acme  account.ID = "ac3e0000000000000000000000000001"
	other account.ID = "ac3e0000000000000000000000000002"
)

var now = time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)

// kept writes records and closes the recorder.
func kept(t *testing.T, stores datastore.Resolver, at time.Time, records ...calls.Record) callrecord.Stats {
	t.Helper()
	r := callrecord.New(callrecord.Config{
		Datastores: stores, Random: rand.Reader, Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler),
	})
	for _, record := range records {
		r.CallEnded(record)
	}
	r.Close(context.Background())
	return r.Stats()
}

func record(owner account.ID, callID string, began time.Time) calls.Record {
	return calls.Record{
		Channel: calls.Channel{
			CallID: callID, Account: owner, Switch: "sip", Began: began, Answered: began.Add(2 * time.Second),
			From: callflow.URI{User: "+14155550199", Realm: "a.example"}, CallerIDNumber: "+14155550199",
			Request:  callflow.URI{User: "+14155550100", Realm: "b.example"},
			Callflow: &callflow.Found{ID: "c1", Name: "Main", MatchedBy: callflow.ByExactNumber},
		},
		Finished: began.Add(12 * time.Second),
		Ended:    callflow.Ended{How: callflow.EndCaller, Cause: "NORMAL_CLEARING"},
		Steps: []callflow.Step{
			{Index: 1, Module: "function", Function: &callflow.FunctionStep{ID: "f1", Run: "run1", Outcome: "timeout"}},
			{Index: 2, Module: "tts"},
		},
	}
}

func TestRecordHasKAZOOsFieldsAndTheWalk(t *testing.T) {
	stores := datastoretest.Open(t)
	if got := kept(t, stores, now, record(acme, "call-1", now)); got != (callrecord.Stats{Written: 1}) {
		t.Fatalf("stats: got %+v, want one record written", got)
	}
	store := callrecord.Store{Datastores: stores, Now: func() time.Time { return now }}
	docs, err := store.OfCall(t.Context(), acme, "call-1")
	if err != nil || len(docs) != 1 {
		t.Fatalf("OfCall: got %v, %v, want one record", docs, err)
	}
	doc := docs[0]
	for name, want := range map[string]string{
		"call_id": "call-1", "call_direction": "inbound", "caller_id_number": "+14155550199", "duration_seconds": "12",
		"billing_seconds": "10", "ringing_seconds": "2", "hangup_cause": "NORMAL_CLEARING",
		"disposition": "caller_hung_up", "request": "+14155550100@b.example", "iso_8601": "2026-11-15T12:00:00Z",
		"runs": "[run1]",
	} {
		if got := fmt.Sprint(doc[name]); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if steps, _ := doc["steps"].([]any); len(steps) != 2 {
		t.Errorf("steps: got %v, want two", doc["steps"])
	}
	if got, err := store.Get(t.Context(), acme, doc.ID()); err != nil || got.ID() != doc.ID() {
		t.Errorf("Get: got %v, %v, want the record", got, err)
	}
	for _, id := range []string{doc.ID(), "202611-x", "x", "_design/call_records"} {
		if got, err := store.Get(t.Context(), other, id); !errors.Is(err, datastore.ErrNotFound) {
			t.Errorf("Get(%s) of another account: got %v, %v, want that there is none", id, got, err)
		}
	}
}

// A listing goes through the months in order, either way, in batches of any size.
func TestListingGoesThroughTheMonths(t *testing.T) {
	stores := datastoretest.Open(t)
	var want []string
	var records []calls.Record
	for i := range 9 {
		id := fmt.Sprintf("call-%d", i)
		want = append(want, id)
		records = append(records, record(acme, id, now.Add(time.Duration(i-8)*72*time.Hour)),
			record(other, "theirs", now))
	}
	kept(t, stores, now, records...)
	store := callrecord.Store{Datastores: stores, Now: func() time.Time { return now }, Keep: 60 * 24 * time.Hour}
	for _, limit := range []int{0, 1, 3, 9} {
		for _, descending := range []bool{false, true} {
			first, last := []any{string(acme)}, []any{string(acme), datastore.AfterEverything{}}
			if descending {
				first, last = last, first
			}
			rows, err := store.View(t.Context(), datastore.Query{
				StartKey: first, EndKey: last, Descending: descending, Limit: limit, IncludeDocs: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			most := len(want)
			if limit > 0 {
				most = limit
			}
			if len(rows) != most {
				t.Fatalf("limit %d: got %d rows, want %d", limit, len(rows), most)
			}
			for i, row := range rows {
				at := i
				if descending {
					at = len(want) - 1 - i
				}
				if got := row.Doc.Text("call_id"); got != want[at] {
					t.Errorf("limit %d, descending %v, row %d: got %s, want %s", limit, descending, i, got, want[at])
				}
			}
		}
	}
}

// A month goes when all of it is too old, and an account's records go with the account.
func TestOldMonthsAndDeletedAccounts(t *testing.T) {
	stores := datastoretest.Open(t)
	old := now.AddDate(0, -3, 0)
	kept(t, stores, old, record(acme, "old", old))
	kept(t, stores, now, record(acme, "new", now), record(other, "theirs", now))
	long := callrecord.Store{Datastores: stores, Now: func() time.Time { return now }, Keep: 300 * 24 * time.Hour}
	if docs, err := long.OfCall(t.Context(), acme, "old"); err != nil || len(docs) != 0 {
		t.Errorf("a record of three months ago: got %v, %v, want none", docs, err)
	}
	store := callrecord.Store{Datastores: stores, Now: func() time.Time { return now }}
	if err := store.Wipe(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	for owner, want := range map[account.ID]int{acme: 0, other: 1} {
		call := map[account.ID]string{acme: "new", other: "theirs"}[owner]
		if docs, err := store.OfCall(t.Context(), owner, call); err != nil || len(docs) != want {
			t.Errorf("records of %s after the deletion of %s: got %d, %v, want %d", owner, acme, len(docs), err, want)
		}
	}
}

func TestMonths(t *testing.T) {
	got := callrecord.Months(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 30*24*time.Hour)
	var names []string
	for _, month := range got {
		names = append(names, callrecord.Database(month))
	}
	if want := "[call_records-202603 call_records-202602 call_records-202601]"; fmt.Sprint(names) != want {
		t.Errorf("got %v, want %s", names, want)
	}
	ahead := "[call_records-202611 call_records-202612 call_records-202701]"
	if got := callrecord.Ahead(now, 3); fmt.Sprint(got) != ahead {
		t.Errorf("Ahead: got %v, want %s", got, ahead)
	}
}
