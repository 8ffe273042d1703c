package function_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/await"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// witnessed is an evaluator that shows the jobs it is given, and whether a run was beside the request.
type witnessed struct {
	queryserver.Evaluator
	seen func(ctx context.Context, j sandbox.Job)
}

func (w witnessed) Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error) {
	w.seen(ctx, j)
	return w.Evaluator.Do(ctx, j)
}

// openNode opens a node whose shows run in pool.
func openNode(t *testing.T, shows queryserver.Evaluator) *couchnode.Node {
	t.Helper()
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), queryserver.Engine{Shows: shows, Maps: shows},
		couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	return node
}

// A request from a network has no run beside it, whatever its headers say, also where the client's context has one: it
// is answered with text, within the terms of its header.
func TestNothingFromANetworkHasARunBesideIt(t *testing.T) {
	var exchanges, jobs atomic.Int64
	node := openNode(t, witnessed{sandboxtest.Pool(t, 1), func(ctx context.Context, _ sandbox.Job) {
		jobs.Add(1)
		if runs.ExchangeOf(ctx) != nil {
			exchanges.Add(1)
		}
	}})
	c := connect(t, datastore.Config{URL: "http://node", Transport: node.Transport()})
	p := install(t, c, couchapp.Callfn)
	id := strings.Repeat("a", 32)
	store(t, p, id, "return {module: 'noop', data: {}}")
	if got := evaluate(t, onNode(p).Driver, id); got.Outcome != runs.OK || exchanges.Load() != 1 {
		t.Fatalf("in this process: got %s %+v, %d runs beside their request; want %s and one", got.Outcome, got.Error,
			exchanges.Load(), runs.OK)
	}
	db, err := p.Driver.(*function.ShowDriver).Database()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(node)
	defer server.Close()
	x := &runs.Exchange{Terms: runs.Terms{Run: "r"}}
	req, err := http.NewRequestWithContext(runs.WithExchange(t.Context(), x), http.MethodGet,
		server.URL+"/"+db.Name()+"/_design/functions/_show/wh/"+id+"?To=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(queryserver.RunHeader, "r; tz=Europe/Berlin")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	report, err := queryserver.ParseEnvelope(body, "r")
	if err != nil || report.Outcome != runs.OK || resp.Header.Get(queryserver.RunHeader) != "r" {
		t.Errorf("over a network: got %d %s, error %v; want an envelope of %s", resp.StatusCode, body, err, runs.OK)
	}
	if _, answered, _ := x.Answered(); answered || exchanges.Load() != 1 || jobs.Load() < 2 {
		t.Errorf("over a network: %d of %d jobs had a run beside their request, want only the one in this process",
			exchanges.Load(), jobs.Load())
	}
}

// Parameters stand once in what a worker is sent, however they were asked for.
func TestParametersStandOnce(t *testing.T) {
	params := map[string]string{"Account-ID": runnertest.Account, "notes": strings.Repeat("é+&= ", 17_000)}
	var sent atomic.Int64
	pool := witnessed{sandboxtest.Pool(t, 1), func(_ context.Context, j sandbox.Job) {
		sent.Store(int64(len(j.Doc) + len(j.Body) + len(j.Req) + len(j.Query) + len(j.Form) + len(j.Members)))
	}}
	node := openNode(t, pool)
	p := install(t, connect(t, datastore.Config{URL: "http://node", Transport: node.Transport()}), couchapp.Callfn)
	id := strings.Repeat("a", 32)
	doc := map[string]any{
		"_id": id, "pvt_type": "function", "pvt_account_id": runnertest.Account, "function_js": "return call.notes.length",
	}
	if err := p.Store(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	for name, driver := range map[string]function.Driver{
		"the node": onNode(p).Driver,
		"the direct runner": function.DirectDriver{
			Documents: fixed{doc: raw}, Engine: function.Sandbox{Eval: pool, Wh: wh(t)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, more := range []string{"", "key"} { // a parameter that CouchDB would read as JSON
				e := function.Evaluation{
					Terms:    runs.Terms{Run: "r", Deadline: runs.MaxDeadline, Account: runnertest.Account},
					Function: function.ID(id), Params: withAlso(params, more),
				}
				report, err := driver.Evaluate(t.Context(), e)
				if err != nil || string(report.Value) != "85000" {
					t.Fatalf("got %s %s %+v, error %v; want 85000", report.Outcome, report.Value, report.Error, err)
				}
				if most := int64(len(params["notes"]) + 1000); sent.Load() > most {
					t.Errorf("with %q: a worker was sent %d bytes, want at most %d", more, sent.Load(), most)
				}
			}
		})
	}
}

func withAlso(params map[string]string, name string) map[string]string {
	also := map[string]string{}
	for k, v := range params {
		also[k] = v
	}
	if name != "" {
		also[name] = "no JSON"
	}
	return also
}

// A run for which the lane has no room is refused before its document is read; one that the lane would take is not.
func TestEarlyRefusal(t *testing.T) {
	release, started := make(chan struct{}), make(chan struct{}, 10)
	lane := fair.NewLane(evaluator(func() (sandbox.Answer, error) {
		started <- struct{}{}
		<-release
		return sandbox.Answer{}, nil
	}), fair.Config{Workers: 1, Queue: 1, MaxWait: time.Minute})
	lanes := fair.Lanes{Calls: lane, Rehearsals: lane}
	read := 0
	d := function.EarlyRefusal{Full: lanes.Full, Driver: driverFunc(
		func(context.Context, function.Evaluation) (runs.Report, error) {
			read++
			return runs.Report{}, nil
		})}
	e := function.Evaluation{Terms: runs.Terms{Account: "a"}}
	if _, err := d.Evaluate(t.Context(), e); err != nil || read != 1 {
		t.Fatalf("with a free worker: error %v, %d documents read; want none and 1", err, read)
	}
	done := make(chan struct{}, 2)
	for range 2 {
		go func() {
			_, _ = lane.Do(context.Background(), sandbox.Job{Account: "a"})
			done <- struct{}{}
		}()
	}
	<-started
	await.True(t, "a run that waits", func() bool { return lane.Stats().Waiting > 0 })
	if _, err := d.Evaluate(t.Context(), e); err == nil || read != 1 || lane.Stats().Refused[fair.Full] != 1 {
		t.Errorf("with a full queue: error %v, %d documents read, %+v; want a refusal and 1", err, read, lane.Stats())
	}
	close(release)
	<-done
	<-done
}
