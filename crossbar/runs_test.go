package crossbar_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/runrecord"
	"callfn/internal/runs"
)

// record stores the record of a run and returns its id.
func (s *stack) record(t testing.TB, of tenant, functionID, call string, outcome runs.Outcome) string {
	t.Helper()
	s.clock.Advance(10 * time.Millisecond)
	id, err := runs.NewID(s.clock.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := runrecord.New(runrecord.Config{Datastores: s.stores, Now: s.clock.Now, Keep: runrecord.DefaultKeep()})
	ran := function.Ran{
		Request: function.Request{
			Account: account.ID(of.id), Function: function.ID(functionID), CallID: call,
			Origin: function.FromCall, Params: map[string]string{"To": "1000"},
		},
		Result: function.Result{Run: id, Outcome: outcome, Duration: 1500 * time.Microsecond},
		Start:  s.clock.Now(),
	}
	if outcome == runs.OK {
		ran.Value = []byte(`{"module":"hangup","data":{}}`)
	} else {
		ran.Error = &function.Error{Failure: runs.Failure{
			Message: "TypeError: x is undefined", Line: 2, Column: 3, Source: "x.y()",
		}}
	}
	r.Ran(ran)
	r.Close(context.Background())
	if got := r.Stats(); got.Written != 1 {
		t.Fatalf("recorded: got %+v, want one written", got)
	}
	return string(id)
}

func TestRunRecords(t *testing.T) {
	s := newStack(t)
	acme, other := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	f := s.must(t, 201, "PUT", acme.path("/functions"), acme.token, hello).id()
	g := s.must(t, 201, "PUT", acme.path("/functions"), acme.token, hello).id()
	var want []string // newest first
	for i := range 5 {
		outcome := runs.OK
		if i%2 == 1 {
			outcome = runs.Threw
		}
		want = append([]string{s.record(t, acme, f, fmt.Sprint("call-", i/2), outcome)}, want...)
	}
	ofG := s.record(t, acme, g, "call-0", runs.Timeout)
	s.record(t, other, f, "call-0", runs.OK) // the id of another account's function gives no access to its runs

	list := func(path string) []string {
		t.Helper()
		var ids []string
		for _, item := range s.must(t, 200, "GET", acme.path(path), acme.token, "").items() {
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		return ids
	}
	for path, ids := range map[string][]string{
		"/functions/" + f + "/runs":                               want,
		"/functions/" + f + "/runs?ascending=true&page_size=2":    {want[4], want[3]},
		"/functions/" + g + "/runs":                               {ofG},
		"/functions/runs":                                         append([]string{ofG}, want...),
		"/functions/runs?call_id=call-0":                          {ofG, want[3], want[4]},
		"/functions/runs?call_id=call-2":                          {want[0]},
		"/functions/runs?call_id=nobody":                          nil,
		"/functions/runs?filter_outcome=threw":                    {want[1], want[3]},
		"/functions/" + f + "/runs?filter_not_outcome=ok":         {want[1], want[3]},
		"/functions/" + f + "/runs?filter_outcome=ok&page_size=1": {want[0]},
		"/functions/runs?call_id=call-0&filter_outcome=timeout":   {ofG},
		"/functions/runs?filter_source=rehearsal":                 nil,
		"/functions/" + f + "/runs?start_key=" + want[2]:          want[2:],
		"/functions/" + f + "/runs?created_from=99999999999":      nil,
		"/functions/00000000000000000000000000000000/runs":        nil,
	} {
		if got := list(path); fmt.Sprint(got) != fmt.Sprint(ids) {
			t.Errorf("%s: %v, want %v", path, got, ids)
		}
	}

	// All pages, by the cursors in the answers.
	var paged []string
	for next := ""; ; {
		r := s.must(t, 200, "GET", acme.path("/functions/"+f+"/runs?page_size=2&start_key="+next), acme.token, "")
		for _, item := range r.items() {
			paged = append(paged, item.(map[string]any)["id"].(string))
		}
		if next, _ = r.env["next_start_key"].(string); next == "" {
			break
		}
	}
	if fmt.Sprint(paged) != fmt.Sprint(want) {
		t.Errorf("pages: %v, want %v", paged, want)
	}

	r := s.must(t, 200, "GET", acme.path("/functions/"+f+"/runs/"+want[1]), acme.token, "")
	if r.at("data", "error", "message") != "TypeError: x is undefined" || r.at("data", "error", "line") != 2.0 ||
		r.at("data", "error", "source") != "x.y()" ||
		r.at("data", "outcome") != "threw" || r.at("data", "source") != "call" || r.at("data", "call_id") != "call-1" ||
		r.at("data", "duration_ms") != 1.5 ||
		r.at("data", "function_id") != f || r.at("data", "parameters") != nil {
		t.Errorf("one run: got %s, want its outcome, duration and function, and no parameters", r.raw)
	}
	if r := s.must(t, 200, "GET", acme.path("/functions/"+f+"/runs/"+want[0]), acme.token, ""); r.at("data", "flow",
		"module") != "hangup" {
		t.Errorf("one run: got %s, want its result", r.raw)
	}
	if r := s.must(t, 200, "GET", acme.path("/functions/runs/"+want[1]), acme.token, ""); r.at("data",
		"function_id") != f || r.at("data", "error", "line") != 2.0 {
		t.Errorf("one run without its function: %s, want the same run", r.raw)
	}
	for _, listing := range []string{"/functions/runs", "/functions/" + f + "/runs", "/functions/runs?call_id=call-1"} {
		for _, item := range s.must(t, 200, "GET", acme.path(listing), acme.token, "").items() {
			if run := item.(map[string]any); (run["line"] == 2.0) != (run["outcome"] != "ok") {
				t.Errorf("%s: %v, want line 2 where it failed", listing, run)
			}
		}
	}
	for _, path := range []string{
		"/functions/runs/" + f, "/functions/runs/x", "/functions/runs/_design%2Ffunction_runs", "/functions/" + g + "/runs/" +
			want[0], "/functions/" + f + "/runs/" + f, "/functions/" + f + "/runs/x", "/functions/x/runs",
		"/functions/_design%2Ffunction_runs/runs", "/functions/" + f + "/runs/_design%2Ffunction_runs",
	} {
		if r := s.do(t, "GET", acme.path(path), acme.token, ""); r.status != 404 {
			t.Errorf("%s: got %d %s, want 404", path, r.status, r.raw)
		}
	}

	// The runs are deleted with the account.
	admin := s.login(t, masterKey)
	s.must(t, 200, "DELETE", "/v2/accounts/"+acme.id, admin, "")
	if r := s.must(t, 200, "GET", other.path("/functions/runs"), other.token, ""); len(r.items()) != 1 {
		t.Errorf("the other account: got %s, want its one run", r.raw)
	}
	db, _ := s.stores.Resolve("function_runs", "")
	rows, err := db.View(t.Context(), "function_runs", "everything_of_account", datastoreKey(acme.id))
	if err != nil || len(rows) != 0 {
		t.Errorf("a deleted account: got %d records and %v, want none", len(rows), err)
	}
}

func datastoreKey(id string) datastore.Query { return datastore.Query{Key: id} }
