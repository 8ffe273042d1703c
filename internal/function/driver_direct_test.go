package function_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/hostiletest"
	"callfn/internal/function/runnertest"
	"callfn/internal/localcopy"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// direct makes a place of an engine and a copy of a database on the embedded node, in which nothing evaluates
// functions: its Store returns once the copy has the document.
func direct(t *testing.T, engine function.Engine) runnertest.Place {
	t.Helper()
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), nobody{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	place := install(t, connect(t, datastore.Config{URL: "http://node", Transport: node.Transport()}), couchapp.Callfn)
	copied := copyOf(t, place.Driver.(*function.ShowDriver).Database)
	store := place.Store
	place.Driver = function.DirectDriver{Documents: copied, Engine: engine}
	place.Store = func(ctx context.Context, doc map[string]any) error {
		if err := store(ctx, doc); err != nil {
			return err
		}
		want, err := copied.Newest(ctx, doc["_id"].(string))
		for err == nil {
			var got json.RawMessage
			if got, err = copied.Get(ctx, doc["_id"].(string)); bytes.Equal(got, want) {
				return nil
			}
			time.Sleep(time.Millisecond)
			if err == nil {
				err = ctx.Err()
			}
		}
		return err
	}
	return place
}

func copyOf(t *testing.T, db func() (*datastore.Database, error)) *localcopy.Copy {
	t.Helper()
	r, err := localcopy.Open(localcopy.Config{
		Name: "functions", Path: filepath.Join(t.TempDir(), "copy.db"), Database: db, Now: time.Now,
		Keep: func(datastore.Document) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// nobody is the engine of a database that evaluates nothing.
type nobody struct{}

var errNobody = errors.New("nothing is evaluated here")

func (nobody) Show(context.Context, string, string, json.RawMessage, couchnode.ShowRequest) (json.RawMessage, error) {
	return nil, errNobody
}

func (nobody) Validate(context.Context, string, string, json.RawMessage, json.RawMessage,
	[]couchnode.Edit,
) ([]*couchnode.EngineError, error) {
	return nil, errNobody
}

func (nobody) Map(context.Context, string, []string, []json.RawMessage) ([][][]couchnode.Row, error) {
	return nil, errNobody
}

func ownSandbox(t *testing.T) function.Sandbox {
	return function.Sandbox{Eval: sandboxtest.Pool(t, 1), Wh: wh(t), Limits: sandbox.Limits{Deadline: runs.MaxDeadline}}
}

func TestDirect(t *testing.T) { runnertest.Run(t, direct(t, ownSandbox(t))) }

func TestDirectWithBindings(t *testing.T) {
	own := ownSandbox(t)
	own.Calls = calls()
	place := direct(t, function.BoundEngine{Own: own, Other: ownSandbox(t)})
	place.Bindings = true
	runnertest.Run(t, place)
}

func TestHostileDirect(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector makes it longer: run this without -short")
	}
	place := direct(t, ownSandbox(t))
	p := hostiletest.Place{Driver: place.Driver, Store: place.Store, Late: late, Processes: here, MaxRSS: maxWorker}
	hostiletest.Run(t, func(*testing.T) hostiletest.Place { return p })
}

// fixed is a copy of one document.
type fixed struct {
	doc json.RawMessage
	err error
}

func (f fixed) Get(context.Context, string) (json.RawMessage, error) { return f.doc, f.err }
func (f fixed) Newest(context.Context, string) (json.RawMessage, error) {
	return json.RawMessage(`null`), f.err
}

// What cannot be a function's id is looked for nowhere, and answered like any function that is not there.
func TestDirectAnswersWhatShowsAnswer(t *testing.T) {
	doc := json.RawMessage(`{"_id":"0123456789abcdef0123456789abcdef","_rev":"1-a","pvt_type":"function",` +
		`"pvt_account_id":"a","function_js":"return 1"}`)
	engine := ownSandbox(t)
	for _, c := range []struct {
		name   string
		copy   fixed
		id     function.ID
		origin function.Origin
		want   runs.Outcome
		place  runs.Place
		rev    string
	}{
		{
			"there",
			fixed{doc: doc},
			"0123456789abcdef0123456789abcdef", function.FromCall, runs.OK, runs.InDirect,
			"1-a",
		},
		{
			"not there",
			fixed{},
			"0123456789abcdef0123456789abcdef", function.FromCall, runs.NotFound, runs.InDirect,
			"",
		},
		{
			"not there any more",
			fixed{doc: doc},
			"0123456789abcdef0123456789abcdef", function.FromRehearsal, runs.NotFound,
			runs.InDirect, "",
		},
		{"no id", fixed{doc: doc}, "_all_docs", function.FromCall, runs.NotFound, runs.InDirect, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ev, err := function.DirectDriver{
				Documents: c.copy,
				Engine:    engine,
			}.Evaluate(
				t.Context(),
				function.Evaluation{
					Terms: runs.Terms{
						Run:       "r",
						Rehearsal: c.origin == function.FromRehearsal,
						Deadline:  3 * time.Second,
					},
					Function: c.id,
					Params:   map[string]string{"Account-ID": "a"},
				},
			)
			if err != nil || ev.Outcome != c.want || ev.Place != c.place || ev.Rev != c.rev {
				t.Errorf("got %+v, error %v; want %s in %s of revision %q", ev, err, c.want, c.place, c.rev)
			}
		})
	}
	stale := errors.New("it cannot be known")
	if _, err := (function.DirectDriver{Documents: fixed{err: stale}, Engine: engine}).Evaluate(t.Context(),
		function.Evaluation{
			Terms: runs.Terms{Run: "r"}, Function: "0123456789abcdef0123456789abcdef",
		}); !errors.Is(err, stale) {
		t.Error(err)
	}
}

// A queue that is full is a refusal, of drafts as well, and no fault of the engine.
func TestFullSandboxRefuses(t *testing.T) {
	busy := evaluator(func() (sandbox.Answer, error) { return sandbox.Answer{}, sandbox.ErrBusy })
	drafts := function.LocalDrafts{Eval: busy, Wh: wh(t)}
	r := function.NewRunner(function.Config{Drafts: drafts, Driver: function.DirectDriver{
		Documents: fixed{doc: json.RawMessage(`{"pvt_type":"function","pvt_account_id":"a","function_js":"return 1"}`)},
		Engine:    function.Sandbox(drafts),
	}, NewRun: func() runs.ID { return "r" }})
	id := function.ID("0123456789abcdef0123456789abcdef")
	if res := r.Run(t.Context(), function.Request{Account: "a", Function: id}); res.Outcome != runs.Refused {
		t.Errorf("a call: got %s %+v, want %s", res.Outcome, res.Error, runs.Refused)
	}
	_, err := drafts.EvaluateDraft(t.Context(), "return 1", function.Evaluation{Terms: runs.Terms{Run: "r"}})
	if !errors.Is(err, sandbox.ErrBusy) {
		t.Errorf("a draft: got error %v, want %v", err, sandbox.ErrBusy)
	}
}

type evaluator func() (sandbox.Answer, error)

func (f evaluator) Do(context.Context, sandbox.Job) (sandbox.Answer, error) { return f() }
