package crossbar_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/crossbar"
)

func TestRateLimit(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "a"), s.tenant(t, s.master, "b")
	s.rewire(t, func(c *crossbar.Config) { c.RateLimit = crossbar.RateLimit{PerSecond: 1, Burst: 3} })
	for i := range 3 {
		r := s.must(t, 200, "GET", a.path(""), a.token, "")
		if r.at("tokens", "consumed") != 1.0 || r.at("tokens", "remaining") != float64(2-i) {
			t.Errorf("request %d: got tokens %v, want 1 consumed and %d remaining", i, r.env["tokens"], 2-i)
		}
	}
	r := s.must(t, 429, "GET", a.path(""), a.token, "")
	if r.env["message"] != "too_many_requests" || r.at("tokens", "remaining") != 0.0 ||
		r.header.Get("Retry-After") != "1" {
		t.Errorf("got %s, %v, want too_many_requests, none remaining and Retry-After 1", r.raw, r.header)
	}
	s.must(t, 200, "GET", b.path(""), b.token, "") // another account's requests count separately
	s.must(t, 200, "GET", "/v2/functions", "", "")
	for range 10 {
		s.must(t, 200, "GET", "/healthz", "", "") // a watchdog is never refused
	}
	s.clock.Advance(time.Second)
	s.must(t, 200, "GET", a.path(""), a.token, "")
	s.must(t, 429, "GET", a.path(""), a.token, "")
	// A refused token is charged too.
	for range 2 {
		s.must(t, 401, "GET", a.path(""), "x.y.z", "")
	}
	s.clock.Advance(time.Second)
	codes := map[int]int{}
	for range 5 {
		codes[s.do(t, "GET", a.path(""), "x.y.z", "").status]++
	}
	if codes[429] == 0 {
		t.Errorf("anonymous requests: got %v, want some 429", codes)
	}
	s.rewire(t, func(c *crossbar.Config) { c.RateLimit = crossbar.RateLimit{PerSecond: -1} })
	codes = map[int]int{}
	for range 50 { // guessing is slow all the same
		codes[s.do(t, "PUT", "/v2/api_auth", "", `{"data":{"api_key":"`+strings.Repeat("d", 64)+`"}}`).status]++
	}
	if codes[404] != 10 || codes[429] != 40 {
		t.Errorf("failed logins: got %v, want 404 ten times and 429 forty times", codes)
	}
	for range 50 {
		if r := s.must(t, 200, "GET", a.path(""), a.token, ""); r.env["tokens"] != nil {
			t.Fatalf("without limit: got %s, want no tokens", r.raw)
		}
	}
}

// Guessing keys becomes slow for the guessing address and for the key that is tried, and for nobody else.
func TestLoginAttempts(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	attempt := func(address, key string) int {
		request := httptest.NewRequest("PUT", "/v2/api_auth", strings.NewReader(`{"data":{"api_key":"`+key+`"}}`))
		request.RemoteAddr = address
		return s.send(t, request).status
	}
	codes := map[int]int{}
	for i := range 100 {
		codes[attempt("198.51.100.7:1000", fmt.Sprintf("%064x", i))]++
	}
	if codes[404] != 30 || codes[429] != 70 {
		t.Errorf("by address: got %v, want 404 thirty times and 429 seventy times", codes)
	}
	if got := attempt("198.51.100.7:2000", a.key); got != 429 {
		t.Errorf("the right key after many wrong ones: got %d, want 429", got)
	}
	if got := attempt("198.51.100.8:1000", a.key); got != 201 {
		t.Errorf("from elsewhere: got %d, want 201", got)
	}
	codes = map[int]int{}
	for i := range 20 {
		codes[attempt(fmt.Sprintf("203.0.113.%d:1000", i), strings.Repeat("e", 64))]++
	}
	if codes[404] != 10 || codes[429] != 10 {
		t.Errorf("by key: got %v, want 404 and 429 ten times each", codes)
	}
	for range 100 { // successful logins cost nothing
		if got := attempt("198.51.100.9:1000", a.key); got != 201 {
			t.Fatalf("login: got %d, want 201", got)
		}
	}
	// One customer has many IPv6 addresses.
	codes = map[int]int{}
	for i := range 40 {
		codes[attempt(fmt.Sprintf("[2001:db8::%x]:1000", i), fmt.Sprintf("%064x", 1000+i))]++
	}
	if codes[429] != 10 {
		t.Errorf("by IPv6 network: got %v, want 429 ten times", codes)
	}
	s.clock.Advance(time.Minute)
	if got := attempt("198.51.100.7:2000", a.key); got != 201 {
		t.Errorf("a minute later: got %d, want 201", got)
	}
}

// Of many concurrent attempts, at most the permitted number of wrong ones is tried; all correct ones succeed.
func TestLoginAttemptsAtOnce(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.rewire(t, func(c *crossbar.Config) { c.RateLimit = crossbar.RateLimit{PerSecond: -1} })
	atOnce := func(n int, key func(int) string) map[int]int {
		statuses := make([]int, n)
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				request := httptest.NewRequest("PUT", "/v2/api_auth", strings.NewReader(`{"data":{"api_key":"`+key(i)+`"}}`))
				request.RemoteAddr = "198.51.100.7:1000"
				recorder := httptest.NewRecorder()
				s.api.ServeHTTP(recorder, request)
				statuses[i] = recorder.Code
			})
		}
		all.Wait()
		codes := map[int]int{}
		for _, status := range statuses {
			codes[status]++
		}
		return codes
	}
	if codes := atOnce(200, func(int) string { return a.key }); codes[201] != 200 {
		t.Errorf("200 right logins at once: %v, want all to be 201", codes)
	}
	if codes := atOnce(300, func(i int) string { return fmt.Sprintf("%064x", 1000+i) }); codes[404] != 30 ||
		codes[429] != 270 {
		t.Errorf("300 wrong logins at once: %v, want 30 tried and the others to be 429", codes)
	}
}

// Behind trusted proxies the client is the one that the last proxy names. What the client itself writes does not count.
func TestTrustedProxies(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.rewire(t, func(c *crossbar.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/64")}
	})
	attempt := func(peer, key string, forwarded ...string) int {
		request := httptest.NewRequest("PUT", "/v2/api_auth", strings.NewReader(`{"data":{"api_key":"`+key+`"}}`))
		request.RemoteAddr = peer
		for _, line := range forwarded {
			request.Header.Add("X-Forwarded-For", line)
		}
		return s.send(t, request).status
	}
	wrong := 0
	guess := func(n int, peer string, forwarded ...string) map[int]int {
		codes := map[int]int{}
		for range n {
			wrong++
			codes[attempt(peer, fmt.Sprintf("%064x", wrong), forwarded...)]++
		}
		return codes
	}
	if codes := guess(40, "192.0.2.1:1", "203.0.113.1"); codes[404] != 30 {
		t.Errorf("one client behind the proxy: %v, want 30 attempts", codes)
	}
	for name, tc := range map[string]struct {
		peer      string
		forwarded []string
		want      int
	}{
		"another client":                  {"192.0.2.1:2", []string{"203.0.113.2"}, 201},
		"the same client":                 {"192.0.2.1:2", []string{"203.0.113.1"}, 429},
		"with a port":                     {"192.0.2.1:2", []string{"203.0.113.1:4711"}, 429},
		"through another proxy":           {"192.0.2.9:2", []string{"203.0.113.1"}, 429},
		"through two proxies":             {"[2001:db8::1]:2", []string{"203.0.113.1, 192.0.2.7"}, 429},
		"in two lines":                    {"[2001:db8::1]:2", []string{"203.0.113.1", "192.0.2.7"}, 429},
		"says it is another":              {"192.0.2.1:2", []string{"203.0.113.9, 203.0.113.1"}, 429},
		"says it is a proxy":              {"192.0.2.1:2", []string{"192.0.2.3, 203.0.113.1"}, 429},
		"a proxy that is not trusted":     {"198.51.100.1:2", []string{"203.0.113.1"}, 201},
		"the proxy itself":                {"192.0.2.1:2", nil, 201},
		"a proxy that writes no address":  {"192.0.2.1:2", []string{"unknown"}, 201},
		"an address that is none, before": {"192.0.2.1:2", []string{"x, 203.0.113.1"}, 429},
	} {
		if got := attempt(tc.peer, a.key, tc.forwarded...); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
	// Without trusted proxies any client could write the header.
	s.rewire(t, func(c *crossbar.Config) { c.TrustedProxies = nil })
	codes := map[int]int{}
	for i := range 40 {
		for code, n := range guess(1, "192.0.2.1:1", fmt.Sprintf("203.0.113.%d", i)) {
			codes[code] += n
		}
	}
	if codes[404] != 30 {
		t.Errorf("many names of one peer: %v, want 30 attempts", codes)
	}
}

// The preset has KAZOO's values: 100 at once, 10 a second.
func TestKazoosRateLimit(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "a")
	s.rewire(t, func(c *crossbar.Config) { c.RateLimit = crossbar.KazooRateLimit() })
	codes := map[int]int{}
	ask := func(n int) {
		for range n {
			codes[s.do(t, "GET", a.path("/api_key"), a.token, "").status]++
		}
	}
	ask(120)
	s.clock.Advance(time.Second)
	ask(20)
	if codes[200] != 110 || codes[429] != 30 {
		t.Errorf("statuses: got %v, want 200 110 times and 429 thirty times", codes)
	}
}
