package runrecord_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"callfn/internal/account"
	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/function"
	"callfn/internal/runrecord"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/schemas"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

const acme = account.ID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")

var began = time.Date(2024, 3, 12, 10, 0, 0, 123e6, time.UTC)

// ran returns a run of function f at a time, with an outcome.
func ran(t testing.TB, f string, at time.Time, o runs.Outcome) function.Ran {
	t.Helper()
	id, err := runs.NewID(at, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := function.Ran{Start: at}
	r.Account, r.Function, r.CallID, r.Origin = acme, function.ID(f), "call@host", function.FromCall
	r.Params = map[string]string{"To": "1000"}
	r.Run, r.Outcome, r.Duration, r.Rev, r.Place = id, o, 1500*time.Microsecond, "3-abc", runs.InOurs
	if o == runs.OK {
		r.Value = json.RawMessage(`{"module":"hangup","data":{}}`)
	} else {
		r.Error = &function.Error{Failure: runs.Failure{
			Message: "TypeError: x is undefined", Line: 2, Column: 3, Source: "x.y()", Hint: "look",
		}}
	}
	return r
}

// kept returns every record, by id.
func kept(t testing.TB, stores datastore.Resolver) []datastore.Document {
	t.Helper()
	db, err := stores.Resolve(datastore.FunctionRuns, "")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.AllDocs(context.Background(), datastore.Query{IncludeDocs: true, StartKey: "0", EndKey: "g"})
	if err != nil {
		t.Fatal(err)
	}
	var docs []datastore.Document
	for _, row := range rows {
		if datastore.ValidID(row.ID) {
			docs = append(docs, row.Doc)
		}
	}
	return docs
}

func TestRecord(t *testing.T) {
	stores := datastoretest.Open(t)
	r := runrecord.New(runrecord.Config{Datastores: stores, Now: time.Now, Keep: runrecord.DefaultKeep()})
	run := ran(t, "f", began, runs.Threw)
	run.Logs = []string{"a", "b"}
	run.Waited, run.Calls = 1500*time.Microsecond, []runs.HostCall{
		{Verb: "kv.get", MS: 0.5}, {Verb: "http.get", Host: "crm.example.com", Method: "GET", MS: 1, Reason: "timeout"},
	}
	r.Ran(run)
	r.Close(context.Background())
	docs := kept(t, stores)
	if len(docs) != 1 {
		t.Fatalf("%d records, want one", len(docs))
	}
	text, err := json.Marshal(docs[0].Public())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": string(run.Run), "function_id": "f", "call_id": "call@host", "timestamp": "2024-03-12T10:00:00.123Z",
		"source":  "call",
		"outcome": "threw", "duration_ms": 1.5, "revision": "3-abc", "place": "callfn",
		"sizes": map[string]any{"parameters": 6.0, "result": 0.0},
		"error": map[string]any{
			"message": "TypeError: x is undefined", "line": 2.0, "column": 3.0, "source": "x.y()",
			"hint": "look",
		},
		"logs": []any{"a", "b"}, "log_level": "log",
		"waited_ms": 1.5, "host_calls": []any{
			map[string]any{"verb": "kv.get", "ms": 0.5},
			map[string]any{"verb": "http.get", "host": "crm.example.com", "method": "GET", "ms": 1.0, "reason": "timeout"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if docs[0].Account() != string(acme) || docs[0].Type() != "function_run" || docs[0]["pvt_created"] == nil {
		t.Errorf("private fields: got %v, want account %s, type function_run and when it was made", docs[0], acme)
	}
}

// A flow is recorded in the order in which the function wrote it, even if names in it were redacted.
func TestRecordsKeepTheOrderOfFlows(t *testing.T) {
	stores := datastoretest.Open(t)
	r := runrecord.New(runrecord.Config{Datastores: stores, Now: time.Now, Keep: runrecord.DefaultKeep()})
	run := ran(t, "f", began, runs.OK)
	run.Params["Digits"] = "4711"
	run.Value = json.RawMessage(`{"module":"temporal_route","data":{"z":1,"pin 4711":{"y":"4711","x":1},"b":2},` +
		`"children":{"z":{},"a":{}}}`)
	r.Ran(run)
	r.Close(context.Background())
	text, err := json.Marshal(kept(t, stores)[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `"flow":{"module":"temporal_route","data":{"z":1,"pin [redacted]":{"y":"[redacted]","x":1},"b":2},` +
		`"children":{"z":{},"a":{}}}`
	if !strings.Contains(string(text), want) {
		t.Errorf("want %s in %s", want, text)
	}
}

// What a caller typed is not recorded, neither as parameter nor where the function repeated it.
func TestSecretsAreNotKept(t *testing.T) {
	stores := datastoretest.Open(t)
	keep := runrecord.DefaultKeep()
	keep.Parameters = true
	r := runrecord.New(runrecord.Config{Datastores: stores, Now: time.Now, Keep: keep})
	params := map[string]string{
		"To": "1000", "Digits[account]": "4711987", "Digits": "8", "user_pin": "90817263",
		"Custom-Application-Vars[doorPin]": "55443322",
		"api_token":                        "tok-abcdef", "Pinball": "wizard", "Opinion": "good",
	}
	failed := ran(t, "f", began, runs.Threw)
	failed.Params = params
	failed.Error.Message = "Error: no account 4711987"
	failed.Error.Source = `if (call.user_pin == "90817263") throw Error(call["Digits[account]"]);`
	failed.Error.Fields = schemas.FieldErrors{"data.text": {"type": {
		"message": "no text",
		"value":   json.Number("4711987"),
	}}}
	failed.Logs = []string{"typed 4711987, pin 90817263", `{"t":"tok-abcdef"}`, "8 o'clock"}
	good := ran(t, "f", began.Add(time.Second), runs.OK)
	good.Params = params
	good.Value = json.RawMessage(`{"module":"x","data":{"pin":"0000","pins":["00"],"n":4711987,"text":"you typed ` +
		`4711987","55443322":1,"digits":{"a":"8"}}}`)
	r.Ran(failed)
	r.Ran(good)
	r.Close(context.Background())
	docs := kept(t, stores)
	if len(docs) != 2 {
		t.Fatalf("%d records, want two", len(docs))
	}
	text, err := json.Marshal(docs)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"4711987", "90817263", "55443322", "tok-abcdef", `"0000"`} {
		if strings.Contains(string(text), typed) {
			t.Errorf("%s is in %s, want it nowhere", typed, text)
		}
	}
	want := map[string]any{
		"To": "1000", "Digits[account]": "[redacted]", "Digits": "[redacted]", "user_pin": "[redacted]",
		"Custom-Application-Vars[doorPin]": "[redacted]",
		"api_token":                        "[redacted]", "Pinball": "wizard", "Opinion": "good",
	}
	if diff := cmp.Diff(want, docs[0]["parameters"]); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for name, kept := range map[string]string{"source": "call.user_pin", "fields": "no text"} {
		if said := fmt.Sprint(docs[0]["error"].(map[string]any)[name]); !strings.Contains(said, kept) ||
			!strings.Contains(said, "[redacted]") {
			t.Errorf("of the error's %s, %q is kept, want %q with what was typed redacted", name, said, kept)
		}
	}
	if logs := docs[0]["logs"].([]any); logs[2] != "8 o'clock" {
		t.Errorf("logs %v, want a single key to be left in them: it is everywhere", logs)
	}
}

func TestKeepsTheLastSuccessesAndAllFailures(t *testing.T) {
	stores := datastoretest.Open(t)
	keep := runrecord.Keep{Successes: 5, Failures: 1000}
	r := runrecord.New(runrecord.Config{
		Datastores: stores, Now: time.Now, Keep: keep, FlushEvery: time.Millisecond,
		SweepEvery: 20 * time.Millisecond,
	})
	defer r.Close(context.Background())
	var last []string
	for i := range 30 {
		run := ran(t, "f", began.Add(time.Duration(i)*time.Second), runs.OK)
		last = append(last, string(run.Run))
		r.Ran(run)
		if i < 12 {
			r.Ran(ran(t, "f", began.Add(time.Duration(i)*time.Second), runs.Timeout))
		}
		if i%10 == 0 {
			r.Ran(ran(t, "g", began, runs.OK))
		}
		time.Sleep(time.Millisecond) // several batches
	}
	count := func() map[string]int {
		n := map[string]int{}
		for _, doc := range kept(t, stores) {
			n[doc.Text("function_id")+" "+doc.Text("outcome")]++
		}
		return n
	}
	want := map[string]int{"f ok": 5, "f timeout": 12, "g ok": 3}
	strangers := func() (ids []string) { // f's successes that are not among the last
		for _, doc := range kept(t, stores) {
			if doc.Text("outcome") == "ok" && doc.Text("function_id") == "f" && !slices.Contains(last[25:], doc.ID()) {
				ids = append(ids, doc.ID())
			}
		}
		return ids
	}
	await.Value(t, fmt.Sprintf("%v, all among the last", want), func() (string, bool) {
		got, others := count(), strangers()
		return fmt.Sprintf("%v, %v not among the last", got, others), cmp.Equal(got, want) && len(others) == 0
	})
}

func TestOldRecordsGo(t *testing.T) {
	stores := datastoretest.Open(t)
	now := began.Add(48 * time.Hour)
	keep := runrecord.Keep{Successes: 5, Failures: 1000, For: 24 * time.Hour}
	r := runrecord.New(runrecord.Config{
		Datastores: stores, Now: func() time.Time { return now }, Keep: keep,
		FlushEvery: time.Millisecond, SweepEvery: 10 * time.Millisecond,
	})
	defer r.Close(context.Background())
	r.Ran(ran(t, "f", began, runs.Threw))
	r.Ran(ran(t, "f", now.Add(-24*time.Hour-time.Second), runs.OK))
	young := ran(t, "f", now.Add(-23*time.Hour), runs.OK)
	r.Ran(young)
	await.Value(t, fmt.Sprintf("run %s only, of 3 written", young.Run), func() (string, bool) {
		docs, written := kept(t, stores), r.Stats().Written
		is := written == 3 && len(docs) == 1 && docs[0].ID() == string(young.Run)
		return fmt.Sprintf("%v of %d written", docs, written), is
	})
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		keep runrecord.Keep
		want uint64
	}{
		{"both", runrecord.Keep{Successes: 1, Failures: 1000}, 2},
		{"no successes", runrecord.Keep{Failures: 1000}, 1},
		{"no failures", runrecord.Keep{Successes: 1}, 1},
		{"none", runrecord.Keep{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := runrecord.New(runrecord.Config{Datastores: datastoretest.Open(t), Now: time.Now, Keep: c.keep})
			r.Ran(ran(t, "f", began, runs.OK))
			r.Ran(ran(t, "f", began, runs.Threw))
			r.Close(context.Background())
			if got := r.Stats(); got.Written != c.want || got.Dropped != 0 {
				t.Errorf("got %+v, want %d written and none dropped", got, c.want)
			}
		})
	}
}

// stuck is a datastore that does not answer until told to.
type stuck struct {
	asked, until chan struct{} // asked may be nil
}

func (s stuck) Resolve(string, string) (*datastore.Database, error) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-s.until
	return nil, errors.New("gone")
}

// Whatever the datastore does, no run is delayed.
func TestOverloadDropsAndCounts(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := stuck{asked: make(chan struct{}, 1), until: make(chan struct{})}
	const buffer = 100
	r := runrecord.New(runrecord.Config{
		Datastores: s, Now: time.Now, Keep: runrecord.DefaultKeep(), Buffer: buffer,
		FlushEvery: time.Millisecond,
	})
	run := ran(t, "f", began, runs.Threw)
	r.Ran(run)
	<-s.asked // from here on nobody empties the buffer
	start := time.Now()
	const runs = 20_000
	for range runs {
		r.Ran(run)
	}
	if took := time.Since(start) / runs; took > 20*time.Microsecond {
		t.Errorf("a run is held up by %s, want at most 20µs", took)
	}
	if got := r.Stats().Dropped; got != runs-buffer {
		t.Errorf("%d dropped, want all but the %d that fit", got, buffer)
	}
	close(s.until)
	r.Close(context.Background())
	if got := r.Stats(); got.Dropped+got.Lost != runs+1 {
		t.Errorf("got %+v, want %d dropped or lost", got, runs+1)
	}
	r.Ran(run)
	if got := r.Stats(); got.Dropped+got.Lost != runs+2 {
		t.Errorf("after Close: got %+v, want %d dropped or lost", got, runs+2)
	}
}

// An overload refuses thousands of runs. Each function keeps its latest refusals, and every failure of another kind.
func TestRefusalsAreSampled(t *testing.T) {
	stores := datastoretest.Open(t)
	r := runrecord.New(runrecord.Config{
		Datastores: stores, Now: time.Now, Keep: runrecord.DefaultKeep(),
		FlushEvery: time.Hour,
	})
	for i := range 500 {
		r.Ran(ran(t, "f", began.Add(time.Duration(i)*time.Second), runs.Refused))
		if i%100 == 0 {
			r.Ran(ran(t, "g", began, runs.Refused))
			r.Ran(ran(t, "f", began, runs.Threw))
		}
	}
	r.Close(context.Background())
	counts := map[string]int{}
	latest := ""
	for _, doc := range kept(t, stores) {
		of := fmt.Sprint(doc["function_id"], " ", doc["outcome"])
		counts[of]++
		if of == "f refused" {
			latest = max(latest, fmt.Sprint(doc["timestamp"]))
		}
	}
	if want := map[string]int{"f refused": 100, "g refused": 5, "f threw": 5}; !reflect.DeepEqual(counts, want) {
		t.Errorf("kept %v, want %v", counts, want)
	}
	if got := r.Stats(); got.Written != 110 || got.Lost != 0 {
		t.Errorf("%+v, want only those that are kept to be written", got)
	}
	if !strings.HasPrefix(latest, "2024-03-12T10:08:19") {
		t.Errorf("the latest refusal is of %s, want 10:08:19", latest)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s := stuck{until: make(chan struct{})}
	r := runrecord.New(
		runrecord.Config{Datastores: s, Now: time.Now, Keep: runrecord.DefaultKeep(), BufferBytes: 10_000},
	)
	run := ran(t, "f", began, runs.OK)
	run.Value = json.RawMessage(`"` + strings.Repeat("x", 4000) + `"`)
	for range 10 {
		r.Ran(run)
	}
	if got := r.Stats().Dropped; got != 8 {
		t.Errorf("%d dropped, want 8", got)
	}
	close(s.until)
	r.Close(context.Background())
}

// Odd values from a function must not keep a batch from being written.
func TestOddValues(t *testing.T) {
	stores := datastoretest.Open(t)
	r := runrecord.New(runrecord.Config{Datastores: stores, Now: time.Now, Keep: runrecord.DefaultKeep()})
	for i, value := range []string{
		`{"_id":"x","_rev":1,"_attachments":{"a":{}}}`, strings.Repeat("[", 150) + strings.Repeat("]", 150), `{"a":1,"a":2}`,
		"\"\xff\"", `{`, `null`, `1e999`,
		`"` + strings.Repeat("é", 100_000) + `"`, `{"__proto__":{"x":1}}`, "\"\\ud800\"", `""`,
	} {
		run := ran(t, "f", began.Add(time.Duration(i)*time.Second), runs.InvalidFlow)
		run.Value = json.RawMessage(value)
		run.Error.Message = "\xff" + strings.Repeat("é", 5000)
		run.CallID = "\x00\xfe" + strings.Repeat("c", 5000)
		run.Logs = []string{"\xff\x00"}
		r.Ran(run)
	}
	r.Close(context.Background())
	if got := r.Stats(); got.Lost != 0 || got.Written != 11 {
		t.Errorf("got %+v, want 11 written and none lost", got)
	}
	for _, doc := range kept(t, stores) {
		if text, _ := json.Marshal(doc); len(text) > 20_000 {
			t.Errorf("a record of %d bytes, want at most 20,000", len(text))
		}
	}
}

func BenchmarkRan(b *testing.B) {
	s := stuck{until: make(chan struct{})}
	r := runrecord.New(runrecord.Config{Datastores: s, Now: time.Now, Keep: runrecord.DefaultKeep()})
	run := ran(b, "f", began, runs.OK)
	for b.Loop() {
		r.Ran(run)
	}
	close(s.until)
	r.Close(context.Background())
}
