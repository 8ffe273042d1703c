package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/testlog"
)

// benchServer answers like a service, and at /db like the show of a CouchDB, as the test wants.
type benchServer struct {
	*httptest.Server
	run  func(w http.ResponseWriter) // answers runs of functions
	show func(w http.ResponseWriter)

	mu     sync.Mutex
	stored map[string]string // sources of functions, by id
	asked  map[string]int    // number of requests by method and path
	query  string            // of the last show
	auth   string
}

func ranWith(outcome string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"data":{"outcome":"`+outcome+`"},"status":"success"}`)
	}
}

func newBenchServer(t *testing.T) *benchServer {
	t.Helper()
	s := &benchServer{run: ranWith("ok"), stored: map[string]string{}, asked: map[string]int{}}
	s.show = func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"module":"noop"}`) }
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v2/api_auth", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"data":{"account_id":"acc"},"auth_token":"token"}`)
	})
	mux.HandleFunc("GET /v2/accounts/acc/functions", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":[{"id":"f9","name":"f9"}]}`)
	})
	mux.HandleFunc("PUT /v2/accounts/acc/functions", func(w http.ResponseWriter, r *http.Request) {
		var doc struct {
			Data struct{ Name string }
		}
		if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
			t.Errorf("got %v, want no error", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stored["f1"] = doc.Data.Name
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"data":{"id":"f1"}}`)
	})
	mux.HandleFunc("DELETE /v2/accounts/acc/functions/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.stored, r.PathValue("id"))
		_, _ = io.WriteString(w, `{"data":{}}`)
	})
	mux.HandleFunc("PUT /v2/accounts/acc/functions/{id}/run", func(w http.ResponseWriter, _ *http.Request) { s.run(w) })
	mux.HandleFunc("PUT /v2/accounts/acc/simulations", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"data":{"call":{},"steps":[],"ended":{"how":"no_callflow"}}}`)
	})
	mux.HandleFunc("/db/", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.query, s.auth = r.URL.RawQuery, r.Header.Get("Authorization")
		s.mu.Unlock()
		s.show(w)
	})
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.Method+" "+r.URL.Path]++
		s.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// bench runs the command against the server, briefly.
func (s *benchServer) bench(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	p := program{env: map[string]string{"CALLFN_SERVER": s.URL, "CALLFN_API_KEY": testKey, "XDG_CACHE_HOME": t.TempDir()}}
	return p.run(t, append([]string{"bench", "--warm-up=0", "--duration=200ms", "--connections=2"}, args...)...)
}

func TestBench(t *testing.T) {
	s := newBenchServer(t)
	plot := filepath.Join(t.TempDir(), "times.svg")
	code, out, errs := s.bench(t, "--function=hello", "--show-url="+s.URL+"/db/_design/functions/_show/wh/{function}",
		"--rounds=2", "--plot="+plot)
	if code != exitOK {
		t.Fatalf("got %v %v %v, want code %d", code, out, errs, exitOK)
	}
	for _, want := range []string{
		"ok calls/s", "p99", "function hello", "show 127.0.0.1",
		"compared with function hello, median of 2 rounds",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if errs != "" {
		t.Errorf("what is no terminal is told of progress: got %q, want nothing", errs)
	}
	if got, err := os.ReadFile(plot); err != nil || !strings.Contains(string(got), "<svg") {
		t.Errorf(`the picture: got %v, want no error, "<svg" in string(got)`, err)
	}
	if s.asked["GET /db/_design/functions/_show/wh/f1"] == 0 || !strings.Contains(s.query, "Account-ID=acc") ||
		!strings.Contains(s.query, "Caller-ID-Name=Alice") {
		t.Errorf("the show was asked for with %q: %v, want account, caller and function f1", s.query, s.asked)
	}
	if len(s.stored) != 0 {
		t.Errorf("left behind: got %v, want len(s.stored) = 0", s.stored)
	}
}

// Every failure is counted under its kind. Too many of them give exit code 1, with a hint.
func TestBenchOutcomes(t *testing.T) {
	answer := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name      string
		run, show func(http.ResponseWriter)
		args      []string
		says      string
	}{
		{"outcome of a run", ranWith("timeout"), nil, []string{"--function=f9"}, "timeout "},
		{
			"rate limit", answer(429, `{"data":{},"message":"too many requests"}`), nil,
			[]string{"--function=f9"},
			"--rate-limit off",
		},
		{"nobody answers the number", nil, nil, []string{"--to=4711"}, "no_callflow "},
		{"outcome of a show", nil, answer(500, `{"error":"threw","message":"x"}`), []string{"--show-url=/db/x"}, "threw "},
		{
			"no such show", nil, answer(404, `{"error":"not_found","reason":"missing"}`),
			[]string{"--show-url=/db/x"},
			"http_404 ",
		},
		{"moved elsewhere", nil, func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://192.0.2.1/")
			w.WriteHeader(http.StatusFound)
		}, []string{"--show-url=/db/x"}, "http_302 "},
		{
			"no answer in time", nil, func(http.ResponseWriter) { time.Sleep(60 * time.Millisecond) },
			[]string{"--show-url=/db/x", "--timeout=20ms"},
			"gave_up ",
		},
		{
			"broken off", nil, func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
			[]string{"--show-url=/db/x"},
			"unreachable ",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newBenchServer(t)
			if c.run != nil {
				s.run = c.run
			}
			if c.show != nil {
				s.show = c.show
			}
			for i, arg := range c.args {
				c.args[i] = strings.Replace(arg, "=/db", "="+s.URL+"/db", 1)
			}
			code, out, errs := s.bench(t, c.args...)
			if code != exitFailed || !strings.Contains(out+errs, c.says) {
				t.Errorf("%d, want %q in\n%s%s", code, c.says, out, errs)
			}
			if code, out, errs := s.bench(t, append(c.args, "--max-failed=100")...); code != exitOK {
				t.Errorf("although any number may fail: got %d\n%s%s, want code %d", code, out, errs, exitOK)
			}
		})
	}
}

func TestBenchForMachines(t *testing.T) {
	s := newBenchServer(t)
	_, out, _ := s.bench(t, "--function=f9", "--rate=100", "--json")
	var rows []struct {
		Target string
		Calls  int
	}
	if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != 1 || rows[0].Calls != 20 {
		t.Errorf("100 a second for 200 ms: got %v %s, want no error, len(rows) = 1, rows[0].Calls = 20", err, out)
	}
	if _, out, _ := s.bench(t, "--function=f9", "--function=f9", "--rounds=2", "--csv"); strings.Count(out, "\n") != 5 ||
		!strings.Contains(out, "function f9 (2),2,") {
		t.Errorf("CSV of two rounds of two targets:\n%s, want 5 times %q, \"function f9 (2),2,\"", out, "\n")
	}
}

// A password in a show's URL is never printed and only sent there.
func TestBenchKeepsPasswords(t *testing.T) {
	s := newBenchServer(t)
	address := strings.Replace(s.URL, "http://", "http://ann:s3cret@", 1) + "/db/x"
	p := program{terminal: true, env: map[string]string{"CALLFN_SHOW_URL": address, "XDG_CACHE_HOME": t.TempDir()}}
	code, out, errs := p.run(t, "bench", "--warm-up=300ms", "--duration=300ms")
	if code != exitOK || strings.Contains(out+errs, "s3cret") || s.auth != "Basic YW5uOnMzY3JldA==" {
		t.Errorf(
			"got %d %q\n%s%s, want code %d, no \"s3cret\" in out + errs, s.auth = %v",
			code,
			s.auth,
			out,
			errs,
			exitOK,
			"Basic YW5uOnMzY3JldA==",
		)
	}
	if !strings.Contains(errs, "warming up, show 127.0.0.1") || !strings.Contains(errs, "100%") {
		t.Errorf(`progress on a terminal: got %q, want "warming up, show 127.0.0.1", %q`, errs, "100%")
	}
}

func TestBenchInterrupted(t *testing.T) {
	s := newBenchServer(t)
	p := program{env: map[string]string{"CALLFN_SERVER": s.URL, "CALLFN_API_KEY": testKey, "XDG_CACHE_HOME": t.TempDir()}}
	for k, v := range p.env {
		t.Setenv(k, v)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := 0
	s.run = func(w http.ResponseWriter) {
		s.mu.Lock()
		if ran++; ran == 20 {
			cancel()
		}
		s.mu.Unlock()
		ranWith("ok")(w)
	}
	var out, errs testlog.Buffer
	code := run(ctx, p.environment(t, &out, &errs, "bench", "--function=hello", "--duration=1h", "--warm-up=0"))
	if code != exitOK || !strings.Contains(errs.String(), "interrupted") || !strings.Contains(out.String(),
		"function hello") || len(s.stored) != 0 {
		t.Errorf(
			"got %d %v\n%s%s, want code %d, \"interrupted\", \"function hello\" and nothing stored",
			code,
			s.stored,
			&out,
			&errs,
			exitOK,
		)
	}
}

func TestBenchUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing":          {nil, "nothing to measure"},
		"another machine":  {[]string{"--show-url=http://192.0.2.1:5984/db/x"}, "--yes-load-this-host"},
		"another by name":  {[]string{"--function=hello", "--server=http://host.invalid"}, "--yes-load-this-host"},
		"no URL":           {[]string{"--show-url=127.0.0.1/db"}, "want URLs such as"},
		"whose function":   {[]string{"--show-url=http://127.0.0.1:1/{function}"}, "none is given"},
		"too large":        {[]string{"--function=json_64k"}, "larger than the API takes"},
		"too fast":         {[]string{"--function=f", "--rate=1e9"}, "--rate"},
		"too long":         {[]string{"--function=f", "--duration=48h"}, "--duration"},
		"JSON and CSV":     {[]string{"--function=f", "--json", "--csv"}, "one of --json and --csv"},
		"unknown picture":  {[]string{"--function=f", "--plot=a.gif"}, "ends with .svg"},
		"too many at once": {[]string{"--function=f", "--connections=5000"}, "--connections"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBenchServer(t)
			code, _, errs := s.bench(t, c.args...)
			if code != exitUsage || !strings.Contains(errs, c.says) {
				t.Errorf("%d %q, want %q", code, errs, c.says)
			}
		})
	}
}

// On the real service, a function runs alike through the API and as a show.
func TestBenchService(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couch-listen=127.0.0.1:0")
	p := program{env: map[string]string{"CALLFN_SERVER": s.url, "CALLFN_API_KEY": testKey, "XDG_CACHE_HOME": t.TempDir()}}
	code, out, errs := p.run(t, "bench", "--function=table", "--show-url="+s.couch+
		"/functions/_design/functions/_show/wh/{function}",
		"--warm-up=0", "--duration=300ms", "--rounds=1", "--rate=20")
	if code != exitOK || !strings.Contains(out, "show 127.0.0.1") {
		t.Errorf("got %d\n%s%s, want code %d, \"show 127.0.0.1\"", code, out, errs, exitOK)
	}
	if _, out, errs := p.run(t, "functions", "list"); !strings.Contains(out+errs, "no functions yet") {
		t.Errorf(`left behind: got %s%s, want "no functions yet" in out + errs`, out, errs)
	}
	source := filepath.Join(t.TempDir(), "f.js")
	if err := os.WriteFile(source, []byte("return {module: 'hangup', data: {}};"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, exitOK, "functions", "put", source, "--name=opening hours")
	short := []string{"bench", "--warm-up=0", "--duration=300ms", "--rounds=1", "--rate=20"}
	p.must(t, exitOK, append(short, "--function=opening hours")...)
	if out := p.must(t, exitFailed, append(short, "--function=opening horus")...); !strings.Contains(out,
		`did you mean "opening hours"`) {
		t.Errorf("a function that is not there: %s, want the one that was meant", out)
	}
}
