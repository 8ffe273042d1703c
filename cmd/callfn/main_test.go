package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/sandbox/sandboxtest"
	"callfn/internal/testlog"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "queryserver" { // as CouchDB, or --queryserver-command, starts it
		main()
	}
	if worker := os.Getenv(childEnv); worker != "" {
		os.Exit(beChild(worker))
	}
	os.Exit(sandboxtest.Main(m))
}

// testKey is the master API key of services under test.
var testKey = strings.Repeat("ab", 32)

// program runs the command line in an environment of its own.
type program struct {
	env      map[string]string
	stdin    string
	typed    io.Reader // on a terminal's standard input, instead of stdin
	terminal bool
}

func (p program) environment(t testing.TB, stdout, stderr io.Writer, args ...string) environment {
	in := io.Reader(strings.NewReader(p.stdin))
	if p.typed != nil {
		in = p.typed
	}
	var environ []string
	for k, v := range p.env {
		environ = append(environ, k+"="+v)
	}
	return environment{
		args: args, environ: func() []string { return environ }, stdinIsTerminal: p.terminal && p.typed != nil,
		getenv: func(k string) string { return p.env[k] }, stdin: in,
		stdout: stdout, stderr: stderr, stdoutIsTerminal: p.terminal, stderrIsTerminal: p.terminal,
		worker: sandboxtest.Command(t),
	}
}

// run runs one command to its end.
func (p program) run(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs testlog.Buffer
	for k, v := range p.env { // kong reads the process's own environment
		setenv(t, k, v)
	}
	code = run(context.Background(), p.environment(t, &out, &errs, args...))
	return code, out.String(), errs.String()
}

// must runs one command that has to end with a code, and returns all that it printed.
func (p program) must(t testing.TB, want int, args ...string) string {
	t.Helper()
	code, out, errs := p.run(t, args...)
	if code != want {
		t.Fatalf("callfn %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, out, errs)
	}
	return out + errs
}

func setenv(t testing.TB, k, v string) {
	if s, ok := t.(interface{ Setenv(k, v string) }); ok {
		s.Setenv(k, v)
	}
}

// served is a running `callfn serve`.
type served struct {
	url, couch string
	out, errs  *testlog.Buffer
	stop       func() int
	dataDir    string
}

// serve starts `callfn serve` on a free port and waits until it is ready.
func serve(t testing.TB, p program, args ...string) *served {
	t.Helper()
	s := &served{out: &testlog.Buffer{}, errs: &testlog.Buffer{}, dataDir: filepath.Join(t.TempDir(), "data")}
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	args = append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + s.dataDir, "--log-format=json"}, args...)
	go func() { code <- run(ctx, p.environment(t, s.out, s.errs, args...)) }()
	var once sync.Once
	result := 0
	s.stop = func() int {
		once.Do(func() {
			cancel()
			result = <-code
		})
		return result
	}
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("the service's log:\n%s", s.errs)
		}
	})
	deadline := time.After(30 * time.Second)
	for {
		for line := range strings.Lines(s.errs.String()) {
			var event struct{ Msg, URL string }
			if json.Unmarshal([]byte(line), &event) != nil {
				continue
			}
			switch event.Msg {
			case "callfn is ready":
				s.url = event.URL
			case "serving the embedded node":
				s.couch = event.URL
			}
		}
		if s.url != "" {
			return s
		}
		select {
		case c := <-code:
			code <- c // for stop
			t.Fatalf("got the end of serve with code %d, want it ready: %s%s", c, s.out, s.errs)
		case <-deadline:
			t.Fatalf("after 30 s: got a serve that is not ready, want it ready: %s", s.errs)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// keyed returns a program with the master key for s.
func (s *served) keyed() program {
	return program{env: map[string]string{"CALLFN_SERVER": s.url, "CALLFN_API_KEY": testKey}}
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
