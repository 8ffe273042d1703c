package function_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/datastore/faultproxy"
	"callfn/internal/function"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox/datetime"
)

// showServer answers shows of documents with h, and everything else at once: its query server has processes free.
func showServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(r.URL.Path, "/_show/wh/") {
			h(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
	t.Cleanup(s.Close)
	return s
}

func driver(t *testing.T, url string) *function.ShowDriver {
	t.Helper()
	c := connect(t, datastore.Config{URL: url, Breaker: true})
	return &function.ShowDriver{Database: func() (*datastore.Database,
		error,
	) {
		return c.Database("functions").Designed("ours"), nil
	}}
}

func ask(t *testing.T, d *function.ShowDriver, params map[string]string) (runs.Report, time.Duration, error) {
	t.Helper()
	begun := time.Now()
	ev, err := d.Evaluate(
		t.Context(),
		function.Evaluation{
			Terms:    runs.Terms{Run: "r", Deadline: 300 * time.Millisecond},
			Function: "f",
			Params:   params,
		},
	)
	return ev, time.Since(begun), err
}

// An engine that does not end a function, on a server that lives: the function's fault, known at our deadline.
func TestAFunctionThatNobodyEndsIsATimeout(t *testing.T) {
	release := make(chan struct{})
	s := showServer(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	ev, took, err := ask(t, driver(t, s.URL), nil)
	if err != nil || ev.Outcome != runs.Timeout || took > 1500*time.Millisecond {
		t.Errorf("got %+v, error %v after %s; want %s within 1.5s", ev, err, took, runs.Timeout)
	}
}

// The same silence from a server that is gone is not the function's fault.
func TestASilentServerIsNoTimeout(t *testing.T) {
	s := showServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "1") })
	for name, fault := range map[string]faultproxy.Fault{
		"half-open": faultproxy.Silent, "refusing": faultproxy.Refuse, "resetting": faultproxy.Reset,
		"503": faultproxy.Status(503, `{"error":"x","reason":"y"}`), "disk full": faultproxy.Status(500,
			`{"error":"enospc","reason":"no space"}`),
		"garbage": faultproxy.Answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"),
		"no HTTP": faultproxy.Answer("\x00\x01\x02"),
		"half an answer": faultproxy.Answer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
			"100\r\n\r\n{\"module\":"),
	} {
		t.Run(name, func(t *testing.T) {
			p := faultproxy.Start(t, s.Listener.Addr().String())
			d := driver(t, "http://"+p.Address())
			if ev, _, err := ask(t, d, nil); err != nil || ev.Outcome != runs.OK {
				t.Fatalf("without a fault: got %+v, error %v; want %s", ev, err, runs.OK)
			}
			p.Set(fault)
			if ev, took, err := ask(t, d, nil); err == nil || took > 2*time.Second {
				t.Errorf("%+v after %s: want an error, which is engine_down", ev, took)
			}
			p.Set(faultproxy.Pass)
			await.Value(t, "a run that is ok again", func() (string, bool) {
				ev, _, err := ask(t, d, nil)
				return fmt.Sprintf("%+v, error %v", ev, err), err == nil && ev.Outcome == runs.OK
			})
		})
	}
}

// What goes over the wire: KAZOO's GET, or the same encoding as a form; never conditional, never compressed, never into
// a log by POST.
func TestShowRequests(t *testing.T) {
	var got *http.Request
	var body string
	s := showServer(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		w.Header().Set("ETag", `"x"`)
		_, _ = io.WriteString(w, `1`)
	})
	d := driver(t, s.URL)
	path := "/functions/_design/ours/_show/wh/f"
	longest := strings.Repeat("x", function.DefaultMaxTarget-len(path)-len("?To="))
	for _, c := range []struct {
		name, to, method string
		post             bool
	}{
		{"short", "1000", "GET", false},
		{"as long as a target may be", longest, "GET", false},
		{"one byte more", longest + "x", "POST", false},
		{"asked for", "1000", "POST", true},
	} {
		d.Post = c.post
		for range 2 { // the second could be conditional
			if ev, _, err := ask(t, d, map[string]string{"To": c.to}); err != nil || ev.Outcome != runs.OK {
				t.Fatalf("%s: got %+v, error %v; want %s", c.name, ev, err, runs.OK)
			}
			wantQuery, wantBody := "To="+c.to, ""
			if c.method == "POST" {
				wantQuery, wantBody = "", wantQuery
				if got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
					t.Errorf("%s: the body is %s, want a form", c.name, got.Header.Get("Content-Type"))
				}
			}
			if got.Method != c.method || got.URL.Path != path || got.URL.RawQuery != wantQuery || body != wantBody {
				t.Errorf("%s: got %s %s, %d bytes of query, %d of body; want %s %s, %d and %d", c.name, got.Method, got.URL.Path,
					len(got.URL.RawQuery), len(body),
					c.method, path, len(wantQuery), len(wantBody))
			}
			for _, h := range []string{"If-None-Match", "If-Modified-Since", "Content-Encoding"} {
				if got.Header.Get(h) != "" {
					t.Errorf("%s: there is a header %s, want none", c.name, h)
				}
			}
		}
	}
	d.MaxTarget, d.Post = 20, false
	if _, _, err := ask(t, d, map[string]string{"To": "1"}); err != nil || got.Method != "POST" {
		t.Errorf("a lower limit: got %s, error %v; want POST", got.Method, err)
	}
}

func TestShowAnswersAreBounded(t *testing.T) {
	s := showServer(t, func(w http.ResponseWriter, _ *http.Request) {
		for { // until the client hangs up
			if _, err := io.WriteString(w, strings.Repeat("x", 64<<10)); err != nil {
				return
			}
		}
	})
	d := driver(t, s.URL)
	if ev, took, err := ask(t, d, nil); err != nil || ev.Outcome != runs.TooLarge || took > time.Second {
		t.Errorf("got %s, error %v after %s; want %s within a second", ev.Outcome, err, took, runs.TooLarge)
	}
}

// An engine of others is told the zone's table, of which `wh` makes a Date there; our own query server needs none.
func TestAnEngineOfOthersIsToldTheZone(t *testing.T) {
	var told string
	ours := false
	s := showServer(t, func(w http.ResponseWriter, r *http.Request) {
		told = r.Header.Get(queryserver.RunHeader)
		if ours {
			w.Header().Set(queryserver.RunHeader, "r")
			_, _ = io.WriteString(w, `{"run":"r","outcome":"ok","result":{"module":"noop"}}`)
			return
		}
		_, _ = io.WriteString(w, `{"module":"noop"}`)
	})
	d := driver(t, s.URL)
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	table := "; local=" + datetime.In(loc).Table()
	evaluate := func() {
		t.Helper()
		_, err := d.Evaluate(
			t.Context(),
			function.Evaluation{
				Terms:    runs.Terms{Run: "r", TimeZone: "Europe/Berlin", Now: time.UnixMilli(5)},
				Function: "f",
			},
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	evaluate()
	if !strings.Contains(told, "; tz=Europe/Berlin") || !strings.Contains(told, "; now=5") ||
		!strings.HasSuffix(told, table) {
		t.Errorf("a stock engine is told %q, want zone, time and the table %q", told, table)
	}
	ours = true
	evaluate()
	evaluate()
	if strings.Contains(told, "local=") {
		t.Errorf("our query server is told %q, want no table", told)
	}
}
