package outbound_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"callfn/internal/outbound"
)

// host is a web server on pipes, for tests in which Go's clock is waited for.
type host struct {
	mu      sync.Mutex
	mode    string // what it does: "" answers
	asked   []string
	answers atomic.Int32
}

func (h *host) set(mode string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mode = mode
}

func (h *host) does() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mode
}

// requests gives what it was asked since the last time.
func (h *host) requests() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := strings.Join(h.asked, " ")
	h.asked = nil
	return all
}

func (h *host) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	switch h.does() {
	case "refuses":
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	case "no name":
		return nil, &net.DNSError{Err: "no such host", Name: "crm.example", IsNotFound: true}
	case "no route":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ours, theirs := net.Pipe()
	go h.serve(theirs)
	return ours, nil
}

func (h *host) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		h.mu.Lock()
		h.asked = append(h.asked, r.Method+r.URL.RequestURI())
		mode := h.mode
		h.mu.Unlock()
		switch mode {
		case "hangs":
			_, _ = in.Peek(1) // until the other end gives up
			return
		case "breaks":
			return
		}
		n := h.answers.Add(1)
		body := ""
		if r.Method != http.MethodHead {
			body = fmt.Sprint(n)
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
}

func crm(t *testing.T, account string) outbound.Request {
	return outbound.Request{
		Account: account, Method: "GET", URL: "http://crm.example/customers?number=1", Hosts: hosts(t, "crm.example"),
	}
}

// timed sends a request and says how long it took, on the clock of the test.
func timed(t *testing.T, c *outbound.Client, r outbound.Request) (outbound.Response, outbound.Reason, time.Duration) {
	t.Helper()
	begun := time.Now()
	got, err := c.Do(t.Context(), r)
	return got, reasonOf(err), time.Since(begun)
}

// A dead host costs calls their time once, then nothing, however long it is dead: probes are callfn's own. Other
// accounts have a breaker of their own.
func TestADeadHostCostsItsTimeOnce(t *testing.T) {
	for mode, cost := range map[string]time.Duration{
		"hangs": 1500 * time.Millisecond, "no route": 1500 * time.Millisecond, "refuses": 0,
	} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &host{mode: mode}
				c := outbound.New(outbound.Config{Dial: h.dial})
				defer c.Close()
				if _, reason, took := timed(t, c, crm(t, acme)); reason == "" || took != cost {
					t.Fatalf("the first call: got %q after %s, want a failure after %s", reason, took, cost)
				}
				h.requests()
				for range 1000 { // more than two minutes of calls
					if _, reason, took := timed(t, c, crm(t, acme)); reason != outbound.CircuitOpen || took != 0 {
						t.Fatalf("a later call: got %q after %s, want circuit_open at once", reason, took)
					}
					time.Sleep(150 * time.Millisecond)
				}
				if asked := h.requests(); strings.Contains(asked, "GET") || strings.Contains(asked, "number=1") {
					t.Errorf("meanwhile the host was asked %s, want probes without the query alone", asked)
				}
				if _, reason, _ := timed(t, c, crm(t, "another")); reason == outbound.CircuitOpen {
					t.Errorf("another account: got %q, want a try of its own", reason)
				}
				if n := c.Open(); n != 2 {
					t.Errorf("open breakers: got %d, want 2", n)
				}
				h.set("")
				time.Sleep(8 * time.Second) // the next probe of each
				if got, reason, took := timed(t, c, crm(t, acme)); reason != "" || took != 0 || got.Status != 200 {
					t.Errorf("after it came back: got %d, %q after %s, want 200 at once", got.Status, reason, took)
				}
				if n := c.Open(); n != 0 {
					t.Errorf("open breakers at the end: got %d, want none", n)
				}
			})
		})
	}
}

// The breaker is open for five seconds at least, also when the host is back sooner.
func TestOpenForFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{mode: "refuses"}
		c := outbound.New(outbound.Config{Dial: h.dial})
		defer c.Close()
		timed(t, c, crm(t, acme))
		h.set("")
		for second := range 5 {
			if _, reason, _ := timed(t, c, crm(t, acme)); reason != outbound.CircuitOpen {
				t.Errorf("after %d s: got %q, want circuit_open", second, reason)
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if _, reason, _ := timed(t, c, crm(t, acme)); reason != "" {
			t.Errorf("after 5 s: got %q, want an answer", reason)
		}
	})
}

// Failures of another kind open the breaker when there are five within ten seconds, without a success between them.
func TestFiveFailuresOpenTheBreaker(t *testing.T) {
	for mode, want := range map[string]outbound.Reason{"breaks": outbound.Connect, "no name": outbound.DNS} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &host{mode: mode}
				c := outbound.New(outbound.Config{Dial: h.dial})
				defer c.Close()
				r := crm(t, acme)
				r.Method = http.MethodPost // is never sent twice
				fail := func(times int, every time.Duration) {
					t.Helper()
					for i := range times {
						if _, reason, _ := timed(t, c, r); reason != want {
							t.Fatalf("failure %d: got %q, want %q", i+1, reason, want)
						}
						time.Sleep(every)
					}
				}
				fail(20, 3*time.Second) // never five within ten seconds
				time.Sleep(11 * time.Second)
				fail(4, 0)
				h.set("")
				if _, reason, _ := timed(t, c, r); reason != "" {
					t.Fatalf("a success: got %q, want none", reason)
				}
				h.set(mode)
				time.Sleep(time.Minute) // the pooled connection is gone
				fail(5, time.Second)
				if _, reason, _ := timed(t, c, r); reason != outbound.CircuitOpen {
					t.Errorf("after five: got %q, want circuit_open", reason)
				}
			})
		})
	}
}

// Time that the run lacks is not the host's fault: one such timeout opens nothing.
func TestTimeoutsOfTheRunItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{mode: "hangs"}
		c := outbound.New(outbound.Config{Dial: h.dial})
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := c.Do(ctx, crm(t, acme)); reasonOf(err) != outbound.Timeout {
			t.Errorf("got %v, want timeout", err)
		}
		if c.Open() != 0 {
			t.Error("got the breaker open, want it closed: the run had 100 ms left")
		}
		r := crm(t, acme)
		r.Timeout = 200 * time.Millisecond // which the function chose
		if _, reason, took := timed(t, c, r); reason != outbound.Timeout || took != r.Timeout || c.Open() != 1 {
			t.Errorf("the function's own: got %q after %s, open %d, want timeout after 200ms, open", reason, took, c.Open())
		}
	})
}

// Nobody probes for a host that no call asks for any more.
func TestProbesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{mode: "hangs"}
		c := outbound.New(outbound.Config{Dial: h.dial})
		defer c.Close()
		timed(t, c, crm(t, acme))
		time.Sleep(2 * time.Minute)
		probes := strings.Count(h.requests(), "HEAD/customers")
		if probes < 5 || probes > 13 || c.Open() != 0 {
			t.Errorf("got %d probes, %d open, want one every 5 s and some for a minute, and the breaker forgotten", probes,
				c.Open())
		}
		time.Sleep(10 * time.Minute)
		if asked := h.requests(); asked != "" {
			t.Errorf("later: got %s, want nobody asked", asked)
		}
	})
}

// A kept answer is answered while it is fresh, and for an hour when the host does not answer.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		c := outbound.New(outbound.Config{Dial: h.dial})
		defer c.Close()
		r := crm(t, acme)
		r.Cache = 10 * time.Second
		want := func(name string, r outbound.Request, body string, stale bool, reason outbound.Reason) {
			t.Helper()
			got, why, _ := timed(t, c, r)
			if string(got.Body) != body || got.Stale != stale || why != reason {
				t.Errorf("%s: got %q, stale %t, %q, want %q, %t, %q", name, got.Body, got.Stale, why, body, stale, reason)
			}
		}
		want("first", r, "1", false, "")
		want("fresh", r, "1", false, "")
		other := r
		other.Header = http.Header{"Authorization": {"Bearer another"}}
		want("another header", other, "2", false, "")
		other = r
		other.Account = "another"
		want("another account", other, "3", false, "")
		other = r
		other.URL += "&x=1"
		want("another address", other, "4", false, "")
		other = r
		other.Cache = 0
		want("uncached", other, "5", false, "")
		time.Sleep(11 * time.Second)
		want("no longer fresh", r, "6", false, "")
		h.set("refuses")
		time.Sleep(time.Minute)
		want("the host is away", r, "6", true, "")
		want("the breaker is open", r, "6", true, "")
		want("the breaker is open, uncached", other, "", false, outbound.CircuitOpen)
		time.Sleep(time.Hour)
		want("after an hour", r, "", false, outbound.Connect)
	})
}

// However many accounts and hosts there are, memory is bounded.
func TestThousandsOfAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := errors.New("nobody there")
		dial := func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: dead}
		}
		c := outbound.New(outbound.Config{Dial: dial})
		defer c.Close()
		for i := range 6_000 {
			timed(t, c, crm(t, fmt.Sprint(i)))
		}
		if n := c.Open(); n > 4096 {
			t.Errorf("open breakers: got %d, want at most 4096", n)
		}
	})
}
