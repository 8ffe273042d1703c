package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"callfn/internal/await"
	"callfn/internal/kv/natskv/natstest"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// countsCallers says how often a caller has called, and goes on without the count while there is no store.
const countsCallers = `
	var text;
	try {
		text = 'call ' + kv.incr('calls:' + call['Caller-ID-Number'], 1, {ttl: 3600});
	} catch (e) {
		text = e.name + ' ' + e.reason;
	}
	return {module: 'tts', data: {text: text}};`

// countingFunction stores a function that counts calls per caller, and returns what calls it from a number.
func countingFunction(t *testing.T, p *program, url string) func(number string) string {
	t.Helper()
	must, dir := commands(t, p), t.TempDir()
	for name, text := range map[string]string{
		"count.js": countsCallers, "bindings.json": `{"kv": {"scope": "account", "write": true}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	declared, source := filepath.Join(dir, "bindings.json"), filepath.Join(dir, "count.js")
	id := anID.FindString(must(exitOK, "functions", "put", "--name=count", "--bindings="+declared, source))
	address, _, _ := strings.Cut(must(exitOK, "pivot", "create", "--function="+id), "\n")
	address = strings.Replace(address, "https://fn.example", url, 1)
	return func(number string) string {
		t.Helper()
		code, body := get(t, address+"&Call-ID=c&To=1000&Caller-ID-Number="+number)
		if code != 200 {
			t.Errorf("a call from %s: got %d %s, want 200", number, code, body)
		}
		return body
	}
}

// wantSays checks what a call hears.
func wantSays(t *testing.T, body, want string) {
	t.Helper()
	if !strings.Contains(body, `"text":"`+want+`"`) {
		t.Fatalf("got %s, want %q", body, want)
	}
}

// A function counts the calls of each caller exactly, many at once, in either store and over a restart; the counts are
// to be seen with `callfn kv`.
func TestFunctionsCount(t *testing.T) {
	nats := natstest.Start(t, t.TempDir(), -1)
	for name, flags := range map[string][]string{
		"file": nil, "NATS": {"--nats-url=" + nats.ClientURL(), "--nats-replicas=1"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"CALLFN_MASTER_API_KEY": testKey}
			flags := append([]string{"--public-url=https://fn.example"}, flags...)
			s := serve(t, program{env: env}, flags...)
			p := s.keyed()
			call := countingFunction(t, &p, s.url)
			var all sync.WaitGroup
			var counted, late [2]atomic.Int64 // late: the store did not answer within the 100 ms that a call has
			numbers := []string{"4930", "4940"}
			for i := range 40 {
				all.Go(func() {
					if body := call(numbers[i%2]); strings.Contains(body, "KvError unavailable") {
						late[i%2].Add(1)
					} else if strings.Contains(body, `"text":"call `) {
						counted[i%2].Add(1)
					}
				})
			}
			all.Wait()
			must := commands(t, &p)
			if out := must(exitOK, "kv", "list", "calls:"); !strings.HasPrefix(out, "calls:4930\ncalls:4940\n") {
				t.Errorf("got %s, want both callers", out)
			}
			var counts [2]int64
			for i, number := range numbers {
				if _, err := fmt.Sscan(must(exitOK, "kv", "get", "calls:"+number), &counts[i]); err != nil {
					t.Fatal(err)
				}
				if least := counted[i].Load(); counts[i] < least || counts[i] > least+late[i].Load() ||
					least+late[i].Load() != 20 {
					t.Errorf("got the count %d of %s after %d answers with a count and %d without, want 20 answers, and each count "+
						"once", counts[i], number, least, late[i].Load())
				}
			}
			s.stop()
			s = serve(t, program{env: env}, append(flags, "--data="+s.dataDir)...)
			p = s.keyed()
			if out := commands(t, &p)(exitOK, "kv", "incr", "calls:4930"); out != fmt.Sprintln(counts[0]+1) {
				t.Errorf("after a restart: got %s, want %d", out, counts[0]+1)
			}
		})
	}
}

// While NATS is away the function is told so and its calls go on; with NATS it counts on. The doctor says which.
func TestFunctionsCountWithoutNATS(t *testing.T) {
	dir := t.TempDir()
	nats := natstest.Start(t, dir, -1)
	port, flags := portOf(nats), []string{"--nats-url=" + nats.ClientURL(), "--nats-replicas=1"}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}},
		append(flags, "--public-url=https://fn.example")...)
	p := s.keyed()
	call := countingFunction(t, &p, s.url)
	wantSays(t, call("4930"), "call 1")
	doctor := append([]string{"doctor", "--data=" + s.dataDir}, flags...)
	if _, out, _ := p.run(t, doctor...); !strings.Contains(out, "NATS keeps it") {
		t.Errorf("doctor: got %s, want that NATS keeps it", out)
	}
	nats.Shutdown()
	nats.WaitForShutdown()
	await.Value(t, "a function that is told", func() (string, bool) {
		body := call("4930")
		return body, strings.Contains(body, "KvError unavailable")
	})
	code, out, _ := p.run(t, doctor...)
	if code != exitFailed || !strings.Contains(out, "start the NATS servers") {
		t.Errorf("doctor: got %d %s, want what to do", code, out)
	}
	natstest.Start(t, dir, port)
	await.Value(t, "a function that counts on", func() (string, bool) {
		body := call("4930")
		return body, strings.Contains(body, "call ")
	})
	for _, want := range []string{"NATS does not answer", "NATS answers again", "cannot use the key-value store"} {
		if !strings.Contains(s.errs.String(), want) {
			t.Errorf("got no %q in the log, want it", want)
		}
	}
}

func portOf(s *natsserver.Server) int {
	port := 0
	_, _ = fmt.Sscanf(s.ClientURL(), "nats://127.0.0.1:%d", &port)
	return port
}
