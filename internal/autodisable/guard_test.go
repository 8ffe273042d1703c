package autodisable_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/account"
	"callfn/internal/autodisable"
	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/function"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

const acme = account.ID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")

var began = time.Date(2024, 3, 12, 10, 0, 0, 0, time.UTC)

// fixture is a datastore with functions and a guard that watches them.
type fixture struct {
	t      testing.TB
	stores datastoretest.Stores
	guard  *autodisable.Guard
}

func newWorld(t testing.TB, change ...func(*autodisable.Config)) *fixture {
	t.Helper()
	w := &fixture{t: t, stores: datastoretest.Open(t)}
	cfg := autodisable.Config{
		Datastores: w.stores, Now: func() time.Time { return began },
		Threshold: autodisable.Default(),
	}
	for _, c := range change {
		c(&cfg)
	}
	w.guard = autodisable.New(cfg)
	t.Cleanup(w.guard.Close)
	return w
}

func (w *fixture) function() function.ID {
	w.t.Helper()
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = function.Collection(w.stores).Save(context.Background(), datastore.Document{
		"_id": id, "name": "f", "function_js": "return 1", "enabled": true, "pvt_type": "function",
		"pvt_account_id": string(acme),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return function.ID(id)
}

func (w *fixture) doc(id function.ID) datastore.Document {
	w.t.Helper()
	doc, err := function.Collection(w.stores).Get(context.Background(), string(acme), string(id))
	if err != nil {
		w.t.Fatal(err)
	}
	return doc
}

func ran(id function.ID, at time.Time, o runs.Outcome) function.Ran {
	r := function.Ran{Start: at}
	r.Account, r.Function, r.Origin, r.Outcome = acme, id, function.FromCall, o
	if o == runs.Timeout {
		r.Error = &function.Error{Failure: runs.Failure{Message: "the function was stopped after 1000 ms", Line: 3}}
	} else if o != runs.OK {
		r.Error = &function.Error{Failure: runs.Failure{Message: "TypeError: x is undefined", Line: 3}}
	}
	return r
}

// settle waits until the guard has counted so many failures, and has acted on them.
func (w *fixture) settle(failures uint64) {
	w.t.Helper()
	w.counted(failures)
	w.guard.Ran(ran("another", began, runs.Threw)) // counted after the guard acted on the last one
	w.counted(failures + 1)
}

// counted waits until the guard has counted so many failures.
func (w *fixture) counted(failures uint64) {
	w.t.Helper()
	await.Value(w.t, fmt.Sprintf("%d failures counted", failures), func() (string, bool) {
		got := w.guard.Stats()
		return fmt.Sprintf("%+v", got), got.Failures >= failures
	})
}

func TestSixFailuresInAMinute(t *testing.T) {
	w := newWorld(t)
	id := w.function()
	for i := range 5 {
		w.guard.Ran(ran(id, began.Add(time.Duration(i)*10*time.Second), runs.Threw))
	}
	w.settle(5)
	if doc := w.doc(id); !doc.Is("enabled") {
		t.Fatalf("after five failures: got %v, want it on", doc)
	}
	w.guard.Ran(ran(id, began.Add(59*time.Second), runs.Timeout))
	w.settle(7)
	doc := w.doc(id)
	if want := "6 failures in 60 s, last: timeout after 1000 ms, line 3"; doc["enabled"] != false ||
		doc.Text(function.DisabledMessage) != want {
		t.Errorf("got %v %q, want %q", doc["enabled"], doc.Text(function.DisabledMessage), want)
	}
	if doc.Text("name") != "f" || doc.Text("function_js") != "return 1" || w.guard.Stats().Disabled != 1 {
		t.Errorf("got %v %+v, want name and source kept, and one function off", doc, w.guard.Stats())
	}
}

func TestWhatDoesNotCount(t *testing.T) {
	w := newWorld(t)
	id := w.function()
	rehearsal := ran(id, began, runs.Threw)
	rehearsal.Origin = function.FromRehearsal
	for range 20 {
		w.guard.Ran(rehearsal)
		for _, o := range []runs.Outcome{
			runs.OK, runs.EngineDown, runs.Refused, runs.Disabled,
			runs.NotFound, runs.Syntax,
		} {
			w.guard.Ran(ran(id, began, o))
		}
	}
	for i := range 12 { // never six within a minute
		w.guard.Ran(ran(id, began.Add(time.Duration(i)*12*time.Second), runs.Threw))
	}
	w.settle(12)
	if doc := w.doc(id); !doc.Is("enabled") {
		t.Errorf("got it off because of %q, want it on", doc.Text(function.DisabledMessage))
	}
}

func TestEveryFailureOfItsOwnCounts(t *testing.T) {
	for _, o := range []runs.Outcome{
		runs.Threw, runs.Timeout, runs.Memory, runs.Crashed,
		runs.InvalidFlow, runs.NoFlow, runs.TooLarge,
	} {
		t.Run(string(o), func(t *testing.T) {
			w := newWorld(t)
			id := w.function()
			for range 6 {
				w.guard.Ran(ran(id, began, o))
			}
			w.settle(6)
			if doc := w.doc(id); doc["enabled"] != false || !strings.Contains(doc.Text(function.DisabledMessage), string(o)) {
				t.Errorf("got %v, want it off because of %s", doc, o)
			}
		})
	}
}

func TestThresholds(t *testing.T) {
	of := func(count, ms string) func(context.Context, account.ID) (datastore.Document, error) {
		return func(context.Context, account.ID) (datastore.Document, error) {
			return datastore.Document{"functions": map[string]any{
				"attempt_failure_count":     json.Number(count),
				"attempt_failure_expiry_ms": json.Number(ms),
			}}, nil
		}
	}
	for _, c := range []struct {
		name     string
		system   autodisable.Threshold
		account  func(context.Context, account.ID) (datastore.Document, error)
		failures int
		off      string
	}{
		{"of the system", autodisable.Threshold{Failures: 2, Within: time.Second}, nil, 2, "2 failures in 1 s"},
		{"of the account", autodisable.Default(), of("3", "30000"), 3, "3 failures in 30 s"},
		{"of the account, more", autodisable.Default(), of("8", "30000"), 7, ""},
		{"of the account, nonsense", autodisable.Default(), of("0", "1"), 6, "6 failures in 60 s"},
		{"of the account, unknown", autodisable.Default(), func(context.Context, account.ID) (datastore.Document,
			error,
		) {
			return nil, errors.New("down")
		}, 6, "6 failures in 60 s"},
		{"never", autodisable.Threshold{Within: time.Second}, of("3", "30000"), 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, func(cfg *autodisable.Config) { cfg.Threshold, cfg.Account = c.system, c.account })
			id := w.function()
			for range max(c.failures, 1) {
				w.guard.Ran(ran(id, began, runs.Threw))
			}
			if c.failures > 0 {
				w.settle(uint64(c.failures))
			}
			if got := w.doc(id).Text(function.DisabledMessage); (got == "") != (c.off == "") || !strings.HasPrefix(got, c.off) {
				t.Errorf("got %q, want %q", got, c.off)
			}
		})
	}
}

// Enabling a function again restarts its count, in every process.
func TestEnabledAgainStartsAtNothing(t *testing.T) {
	w := newWorld(t)
	elsewhere := newWorld(t)
	elsewhere.guard.Close()
	elsewhere.guard = autodisable.New(autodisable.Config{
		Datastores: w.stores, Now: time.Now,
		Threshold: autodisable.Default(),
	})
	t.Cleanup(elsewhere.guard.Close)
	id := w.function()
	for range 5 {
		elsewhere.guard.Ran(ran(id, began, runs.Threw))
	}
	for range 6 {
		w.guard.Ran(ran(id, began, runs.Threw))
	}
	elsewhere.settle(5)
	w.settle(6)
	doc := w.doc(id)
	if doc["enabled"] != false {
		t.Fatalf("got %v, want it off", doc)
	}
	doc["enabled"] = true
	delete(doc, function.DisabledMessage)
	doc[function.EnabledAgain] = began.Add(time.Second).Format(time.RFC3339Nano)
	if _, err := function.Collection(w.stores).Save(context.Background(), doc); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		w.guard.Ran(ran(id, began.Add(2*time.Second), runs.Threw))
		elsewhere.guard.Ran(ran(id, began.Add(2*time.Second), runs.Threw))
	}
	w.settle(12)
	elsewhere.settle(11)
	if doc := w.doc(id); !doc.Is("enabled") {
		t.Errorf("got it off because of %q, want it on still", doc.Text(function.DisabledMessage))
	}
	elsewhere.guard.Ran(ran(id, began.Add(3*time.Second), runs.Threw))
	elsewhere.settle(13)
	if doc := w.doc(id); doc.Is("enabled") {
		t.Errorf("after six failures: got %v, want it off", doc)
	}
}

// What a caller typed does not appear in the reason.
func TestReasonKeepsSecrets(t *testing.T) {
	w := newWorld(t)
	id := w.function()
	r := ran(id, began, runs.Threw)
	r.Params = map[string]string{"Digits[pin]": "471199"}
	r.Error = function.NewError("Error: no pin 471199 "+strings.Repeat("é", 500)+"\xff", "")
	for range 6 {
		w.guard.Ran(r)
	}
	w.settle(6)
	if got := w.doc(id).Text(function.DisabledMessage); strings.Contains(got, "4711") ||
		!strings.Contains(got, "no pin [redacted]") || len(got) > 400 {
		t.Errorf("got %q, want 400 bytes at most, and no pin", got)
	}
}

// A function that is deleted, of another account, or already disabled stays untouched. A conflicting change is
// repeated.
func TestConflictsAndAbsence(t *testing.T) {
	w := newWorld(t)
	id := w.function()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			doc, err := function.Collection(w.stores).Get(context.Background(), string(acme), string(id))
			if err == nil {
				doc["touched"] = true
				_, _ = function.Collection(w.stores).Save(context.Background(), doc)
			}
			time.Sleep(2 * time.Millisecond)
		}
	})
	n := uint64(0)
	for w.guard.Stats().Disabled == 0 && n < 100 {
		w.guard.Ran(ran(id, began, runs.Threw))
		n++
		w.counted(n)
	}
	close(stop)
	wg.Wait()
	if doc := w.doc(id); doc["enabled"] != false {
		t.Errorf("got %v, want it off", doc)
	}
	for range 12 {
		w.guard.Ran(ran("00000000000000000000000000000000", began, runs.Threw))
		w.guard.Ran(ran(id, began, runs.Threw))
	}
	w.settle(n + 24)
	if got := w.guard.Stats().Disabled; got != 1 {
		t.Errorf("functions off: got %d, want 1", got)
	}
}

// stuck is a datastore that does not answer until told to.
type stuck struct{ until chan struct{} }

func (s stuck) Resolve(string, string) (*datastore.Database, error) {
	<-s.until
	return nil, errors.New("gone")
}

func TestNeverHoldsUpACall(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := stuck{make(chan struct{})}
	g := autodisable.New(autodisable.Config{Datastores: s, Now: time.Now, Threshold: autodisable.Default(), Buffer: 10})
	start := time.Now()
	const times = 10_000
	for range times {
		g.Ran(ran("00000000000000000000000000000001", began, runs.Threw))
	}
	if took := time.Since(start) / times; took > 20*time.Microsecond {
		t.Errorf("a run: got it held up by %s, want 20 µs at most", took)
	}
	if got := g.Stats(); got.Dropped < times-100 {
		t.Errorf("got %+v, want %d dropped or more", got, times-100)
	}
	close(s.until)
	g.Close()
}
