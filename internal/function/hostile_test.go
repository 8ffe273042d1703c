package function_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/hostiletest"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

const (
	// maxWorker is what a worker process may come to: the engine's 64 MiB, the Go runtime, a frame on its way.
	maxWorker = 256 << 20
	// late is how long after its deadline a run may end here: 100 ms, and what a busy machine adds.
	late = 2 * time.Second
)

// here lists the processes that this one started.
func here() []int { return hostiletest.Descendants(os.Getpid()) }

// poolDriver hands shows to a pool, as the service's drafts do.
type poolDriver struct {
	pool *sandbox.Pool
	wh   string
	mu   sync.Mutex
	docs map[function.ID]json.RawMessage
}

func (d *poolDriver) store(_ context.Context, doc map[string]any) error {
	raw, err := json.Marshal(doc)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.docs[function.ID(doc["_id"].(string))] = raw
	return err
}

func (d *poolDriver) doc(id function.ID) json.RawMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.docs[id]
}

func request(e function.Evaluation) (json.RawMessage, error) {
	header := queryserver.FormatHeader(runs.Terms{Run: e.Run, Deadline: e.Deadline})
	return json.Marshal(map[string]any{
		"query": e.Params, "form": map[string]string{}, "headers": map[string]string{"x-callfn-run": header},
	})
}

func (d *poolDriver) Evaluate(ctx context.Context, e function.Evaluation) (runs.Report, error) {
	req, err := request(e)
	if err != nil {
		return runs.Report{}, err
	}
	resp, err := queryserver.Show(ctx, d.pool, d.wh, d.doc(e.Function), req, sandbox.Limits{Deadline: runs.MaxDeadline})
	if err != nil {
		return runs.Report{}, err
	}
	return enveloped(resp, e.Run)
}

// enveloped reads the response object of a show that was asked for an envelope.
func enveloped(resp json.RawMessage, run runs.ID) (runs.Report, error) {
	var r struct{ JSON json.RawMessage }
	if err := json.Unmarshal(resp, &r); err != nil {
		return runs.Report{}, err
	}
	return queryserver.ParseEnvelope(r.JSON, run)
}

func TestHostilePool(t *testing.T) {
	d := &poolDriver{pool: sandboxtest.Pool(t, 1), wh: wh(t), docs: map[function.ID]json.RawMessage{}}
	p := hostiletest.Place{Driver: d, Store: d.store, Late: late, Processes: here, MaxRSS: maxWorker}
	hostiletest.Run(t, func(*testing.T) hostiletest.Place { return p })
}

// serveLines is the query server as a process of its own: what `callfn queryserver` is under CouchDB.
func serveLines() int {
	command := sandbox.Command{Path: os.Getenv("CALLFN_TEST_WORKER")}
	if command.Path == "" {
		self, err := sandbox.Self()
		if err != nil {
			return 1
		}
		command = self
	}
	pool, err := sandbox.NewPool(sandbox.Config{Command: command, Workers: 1})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer pool.Close()
	if err := queryserver.NewServer(pool, sandbox.Limits{Deadline: runs.MaxDeadline}).Serve(context.Background(),
		os.Stdin, os.Stdout); err != nil {
		return 1
	}
	return 0
}

// couch is a parent of a query server process, as CouchDB is one.
type couch struct {
	poolDriver
	ask    *json.Encoder
	answer *bufio.Reader
}

// startQueryServer starts the query server and hands it the design document.
func startQueryServer(t *testing.T) (*couch, *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "serve-lines")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	c := &couch{ask: json.NewEncoder(in), answer: bufio.NewReader(out)}
	c.docs = map[function.ID]json.RawMessage{}
	c.ask.SetEscapeHTML(false)
	got, err := c.line([]any{"ddoc", "new", "_design/functions", map[string]any{"shows": map[string]string{"wh": wh(t)}}})
	if err != nil || string(got) != "true\n" {
		t.Fatalf("the design document: got %s, error %v; want true", got, err)
	}
	return c, cmd
}

func (c *couch) line(command any) ([]byte, error) {
	if err := c.ask.Encode(command); err != nil {
		return nil, err
	}
	return c.answer.ReadBytes('\n')
}

func (c *couch) Evaluate(_ context.Context, e function.Evaluation) (runs.Report, error) {
	if got, err := c.line([]any{"reset", map[string]any{"reduce_limit": true, "timeout": 5000}}); err != nil ||
		string(got) != "true\n" {
		return runs.Report{}, fmt.Errorf("reset: %q %v", got, err)
	}
	req, err := request(e)
	if err != nil {
		return runs.Report{}, err
	}
	got, err := c.line([]any{"ddoc", "_design/functions", []string{"shows", "wh"}, []json.RawMessage{
		c.doc(e.Function),
		req,
	}})
	if err != nil {
		return runs.Report{}, err
	}
	var answer []json.RawMessage
	if err := json.Unmarshal(got, &answer); err != nil || len(answer) != 2 || string(answer[0]) != `"resp"` {
		return runs.Report{}, fmt.Errorf("not a response: %.300q %v", got, err)
	}
	return enveloped(answer[1], e.Run)
}

func TestHostileQueryServer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector makes it longer: run this without -short")
	}
	c, cmd := startQueryServer(t)
	p := hostiletest.Place{
		Driver: c, Store: c.store, Late: late, MaxRSS: maxWorker,
		Processes: func() []int { return hostiletest.Descendants(cmd.Process.Pid) },
	}
	hostiletest.Run(t, func(*testing.T) hostiletest.Place { return p })
}

// CouchDB grants reset.timeout per line: whatever runs, the answer is there before.
func TestQueryServerAnswersInCouchDBsTime(t *testing.T) {
	c, _ := startQueryServer(t)
	asked := 0
	for id, js := range map[string]string{
		"1": `[].indexOf.call({length: 9e15}, 1)`, "2": `for (;;) {}`, "3": `for (;;) { try { while (1) {} } catch (e) {} }`,
	} {
		if err := c.store(context.Background(), map[string]any{
			"_id": id, "pvt_type": "function",
			"function_js": js,
		}); err != nil {
			t.Fatal(err)
		}
		var took time.Duration
		for attempt := range 6 { // on a busy machine the best counts
			asked++
			const timeout = 1500 * time.Millisecond
			if _, err := c.line([]any{"reset", map[string]any{"timeout": timeout.Milliseconds()}}); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			got, err := c.line([]any{
				"ddoc", "_design/functions",
				[]string{"shows", "wh"},
				[]json.RawMessage{c.doc(function.ID(id)), json.RawMessage(`{"query":{"a":"b"}}`)},
			})
			took = time.Since(start)
			if err != nil {
				t.Fatal(err)
			}
			var answer []json.RawMessage
			var resp struct {
				JSON struct{ Error, Message string }
			}
			if err := json.Unmarshal(got, &answer); err != nil || len(answer) != 2 || json.Unmarshal(answer[1], &resp) != nil {
				t.Fatalf("%s: got %s, want a response", js, got)
			}
			busy := resp.JSON.Error == "refused" && asked > 1 // no new worker in CouchDB's time
			if !busy && (resp.JSON.Error != "timeout" || resp.JSON.Message != "the function was stopped after 1200 ms") {
				t.Errorf("%s: got %s, want a timeout after 1200 ms", js, got)
			}
			if took < timeout && attempt > 0 {
				break
			}
		}
		if took >= 1500*time.Millisecond {
			t.Errorf("%s: answered after %v, want at most 1.5s", js, took)
		}
	}
}

func TestHostileEmbeddedNode(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector makes it longer: run this without -short")
	}
	pool := sandboxtest.Pool(t, 1)
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), queryserver.Engine{
		Shows: pool, Maps: pool, Limits: sandbox.Limits{Deadline: runs.MaxDeadline},
	}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	place := onNode(install(t, connect(t, datastore.Config{URL: "http://node", Transport: node.Transport()}),
		couchapp.Callfn))
	p := hostiletest.Place{Driver: place.Driver, Store: place.Store, Late: late, Processes: here, MaxRSS: maxWorker}
	hostiletest.Run(t, func(*testing.T) hostiletest.Place { return p })
}

// TestHostileCouchDB runs the same list on the CouchDB that CALLFN_TEST_COUCHDB_URL names, each fixture in a database
// of its own: CouchDB matches engine processes by database, so that one fixture's harm is not another's.
func TestHostileCouchDB(t *testing.T) {
	url := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if url == "" {
		t.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://user:password@host:5984 to run the hostile functions " +
			"there")
	}
	c := connect(t, datastore.Config{URL: url, Timeout: 30 * time.Second})
	ran := 0
	for _, language := range []string{couchapp.JavaScript, couchapp.Callfn} {
		t.Run(language, func(t *testing.T) {
			shared := install(t, c, language)
			if why := cannotRun(t, shared); why != "" {
				t.Skipf("%s cannot run functions here: %s", language, why)
			}
			ran++
			if language == couchapp.Callfn {
				p := hostiletest.Place{Driver: shared.Driver, Store: shared.Store, Late: late, Known: "callfn"}
				hostiletest.Run(t, func(*testing.T) hostiletest.Place { return p })
				return
			}
			engine := engineOf(t, c)
			hostiletest.Run(t, func(t *testing.T) hostiletest.Place {
				own := install(t, c, language)
				return hostiletest.Place{Driver: own.Driver, Store: own.Store, Known: engine}
			})
		})
	}
	if ran == 0 {
		t.Error(errors.New("this CouchDB runs functions in neither language: start couchjs with --eval, or register " +
			"`callfn queryserver` as language callfn"))
	}
}

// H12: two accounts take turns, each leaving its mark wherever it can; nobody finds another's.
func TestInterleavedAccounts(t *testing.T) {
	c, _ := startQueryServer(t)
	ctx := context.Background()
	for _, id := range []string{"a", "b"} {
		if err := c.store(ctx, map[string]any{
			"_id": id, "pvt_type": "function", "pvt_account_id": id,
			"function_js": marking,
		}); err != nil {
			t.Fatal(err)
		}
	}
	turns := 500
	if os.Getenv("CALLFN_TEST_SOAK") != "" {
		turns = 10_000
	}
	for i := range turns {
		id := []string{"a", "b"}[i%2]
		me := fmt.Sprint(id, i)
		got, err := c.Evaluate(
			ctx,
			function.Evaluation{
				Terms:    runs.Terms{Run: "r", Deadline: 2 * time.Second},
				Function: function.ID(id),
				Params:   map[string]string{"me": me, "Account-ID": id},
			},
		)
		if want := fmt.Sprintf(`{"module":"noop","data":{"me":%q,"found":[]}}`, me); err != nil ||
			string(got.Value) != want {
			t.Fatalf("%s: got %s %s %+v, error %v; want %s", me, got.Outcome, got.Value, got.Error, err, want)
		}
	}
}

// H48: a show is never answered with 304, whatever a client claims to have.
func TestNoConditionalShow(t *testing.T) {
	pool := sandboxtest.Pool(t, 1)
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), queryserver.Engine{Shows: pool, Maps: pool},
		couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	c := connect(t, datastore.Config{URL: "http://node", Transport: node.Transport()})
	ctx := context.Background()
	if _, err := c.EnsureDatabase(ctx, "functions"); err != nil {
		t.Fatal(err)
	}
	d, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	db := c.Database("functions")
	if _, err := couchapp.Install(ctx, db, d); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Create(ctx, map[string]any{
		"_id": "f", "pvt_type": "function",
		"function_js": "return call.To",
	}); err != nil {
		t.Fatal(err)
	}
	etag := `"none"`
	for _, to := range []string{"1", "2"} {
		resp, err := c.Raw(ctx, "GET", "/functions/_design/functions/_show/wh/f", "To="+to,
			http.Header{"If-None-Match": {etag, "*"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || string(body) != `"`+to+"\"\n" {
			t.Errorf("To=%s: got %d %q, error %v; want 200 and the parameter", to, resp.StatusCode, body, err)
		}
		if tag := resp.Header.Get("ETag"); tag != "" {
			etag = tag
		}
	}
}

// H51: a worker that is killed under a call costs that call its flow and nobody else anything.
func TestKilledWorker(t *testing.T) {
	c, cmd := startQueryServer(t)
	ctx := context.Background()
	for id, js := range map[string]string{"loop": `for (;;) {}`, "next": `return 'next'`} {
		if err := c.store(ctx, map[string]any{"_id": id, "pvt_type": "function", "function_js": js}); err != nil {
			t.Fatal(err)
		}
	}
	workers := hostiletest.Descendants(cmd.Process.Pid)
	if len(workers) != 1 {
		t.Skipf("workers cannot be found here (%v): run this on Linux", workers)
	}
	killed := time.AfterFunc(100*time.Millisecond, func() {
		if p, err := os.FindProcess(workers[0]); err == nil {
			_ = p.Kill()
		}
	})
	defer killed.Stop()
	got, err := c.Evaluate(
		ctx,
		function.Evaluation{
			Terms:    runs.Terms{Run: "r", Deadline: 4 * time.Second},
			Function: "loop",
			Params:   map[string]string{"a": "b"},
		},
	)
	if err == nil || !strings.Contains(err.Error(), "killed from outside") {
		t.Errorf("%s %+v %v, want an error that says it was killed from outside: the function did nothing", got.Outcome,
			got.Error, err)
	}
	start := time.Now()
	got, err = c.Evaluate(
		ctx,
		function.Evaluation{
			Terms:    runs.Terms{Run: "r", Deadline: 4 * time.Second},
			Function: "next",
			Params:   map[string]string{"a": "b"},
		},
	)
	if took := time.Since(start); err != nil || string(got.Value) != `"next"` || took > 4*time.Second {
		t.Errorf("the next run: got %s %s, error %v after %v; want next within 4s", got.Outcome, got.Value, err, took)
	}
}
