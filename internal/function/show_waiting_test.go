package function_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/function"
	"callfn/internal/runs"
	"callfn/schemas"
)

const stoppedByCouchDB = `{"error":"os_process_error","reason":"OS process timed out."}`

// lateServer answers no show in time. Afterwards it says what the test wants. The show of no document is answered while
// free is set.
func lateServer(t *testing.T, free bool, status int, body string) (url string, release func()) {
	t.Helper()
	hold := make(chan struct{})
	once := sync.OnceFunc(func() { close(hold) })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.Contains(r.URL.Path, "/_show/wh/"), strings.HasSuffix(r.URL.Path, "/_show/wh") && !free:
			<-hold
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		default:
			w.Header().Set("ETag", `"1-a"`)
			_, _ = io.WriteString(w, `{"_id":"_design/ours","_rev":"1-a","language":"javascript"}`)
		}
	}))
	t.Cleanup(func() { once(); s.Close() })
	return s.URL, once
}

// On an engine that ends no function, a run without an answer is not yet the function's: it may have waited for a
// process. What CouchDB says in the end decides, and nothing else.
func TestWaitingForAProcessIsNotTheFunctions(t *testing.T) {
	for _, c := range []struct {
		name     string
		free     bool // other shows are answered meanwhile
		status   int
		late     string
		now, end runs.Outcome
	}{
		{"it waited, and returned", false, 200, `{"module":"noop"}`, runs.EngineDown, runs.OK},
		{"it waited until CouchDB gave up", false, 500, `{"error":"timeout","reason":"The request could not be processed ` +
			`in a reasonable amount of time."}`, runs.EngineDown, ""},
		{"it waited, and looped", false, 500, stoppedByCouchDB, runs.EngineDown, runs.Timeout},
		{"it looped", true, 500, stoppedByCouchDB, runs.Timeout, runs.Timeout},
		{"it was slow", true, 200, `{"module":"noop"}`, runs.Timeout, runs.OK},
		{
			"its process was killed", true, 500, `{"error":"os_process_error","reason":"{exit_status,137}"}`, runs.Timeout,
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, release := lateServer(t, c.free, c.status, c.late)
			r := function.NewRunner(function.Config{
				Driver: driver(t, url), NewRun: func() runs.ID { return "r" }, Deadline: 200 * time.Millisecond,
			})
			got := r.Run(t.Context(), function.Request{Account: "a", Function: "f", Origin: function.FromCall})
			if got.Outcome != c.now || !got.Open() {
				t.Fatalf("outcome %s (%+v), open %v; want %s, and open", got.Outcome, got.Error, got.Open(), c.now)
			}
			release()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if end := got.Blame(ctx); end != c.end {
				t.Errorf("blamed for %q, want %q", end, c.end)
			}
		})
	}
}

// A query server that does not answer costs the first few calls their wait, then none, and the message says what is
// wrong. It is used again as soon as it answers, without a call that waits.
func TestASilentQueryServerIsNotWaitedFor(t *testing.T) {
	for _, ours := range []bool{false, true} {
		var silent atomic.Bool
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if strings.Contains(r.URL.Path, "/_show/") {
				for silent.Load() && r.Context().Err() == nil {
					select {
					case <-r.Context().Done():
					case <-time.After(time.Millisecond):
					}
				}
			}
			if ours {
				w.Header().Set("X-Callfn-Run", "r")
				_, _ = io.WriteString(w, `{"run":"r","outcome":"ok","result":{"module":"noop"}}`)
				return
			}
			_, _ = io.WriteString(w, `{"module":"noop"}`)
		}))
		d := driver(t, s.URL)
		r := function.NewRunner(function.Config{
			Driver: d, NewRun: func() runs.ID { return "r" },
			Deadline: 50 * time.Millisecond, Flows: anyFlow{},
		})
		run := func() (function.Result, time.Duration) {
			begun := time.Now()
			got := r.Run(t.Context(), function.Request{Account: "a", Function: "f", Origin: function.FromCall})
			return got, time.Since(begun)
		}
		got, took := run() // by which the engine is known
		if got.Outcome != runs.OK {
			t.Fatalf("ours %v: got %s %+v, want %s", ours, got.Outcome, got.Error, runs.OK)
		}
		silent.Store(true)
		for range 4 {
			got, took = run()
			if got.Outcome != runs.EngineDown || !strings.Contains(got.Error.Message,
				"CouchDB answers, its query server does not") || strings.Contains(got.Error.Message, "port") {
				t.Fatalf("ours %v: %s %+v, want engine_down that names the query server", ours, got.Outcome, got.Error)
			}
		}
		if took > 40*time.Millisecond {
			t.Errorf("ours %v: the fourth call waited %s, want it told at once", ours, took)
		}
		silent.Store(false)
		await.Value(t, "a run that is ok once the query server is back", func() (string, bool) {
			if got, took = run(); got.Outcome != runs.OK && took > 40*time.Millisecond {
				t.Errorf("ours %v: a call waited %s while the query server was known to be silent, want at most 40ms", ours, took)
			}
			return fmt.Sprintf("ours %v: %s %+v", ours, got.Outcome, got.Error), got.Outcome == runs.OK
		})
		s.Close()
	}
}

// anyFlow takes every flow.
type anyFlow struct{}

func (anyFlow) FlowWarnings(map[string]any) []schemas.Warning { return nil }

func (anyFlow) ValidateFlow(flow map[string]any) (map[string]any, schemas.FieldErrors) {
	return flow, nil
}
