package outbound_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/hostname"
	"callfn/internal/outbound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const acme = "ac3e0000000000000000000000000001"

// client makes a client that is closed with the test.
func client(t *testing.T, cfg outbound.Config) *outbound.Client {
	t.Helper()
	c := outbound.New(cfg)
	t.Cleanup(c.Close)
	return c
}

// server serves on 127.0.0.1.
func server(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// onLoopback allows the tests' servers.
func onLoopback(t *testing.T) outbound.AllowList {
	t.Helper()
	a, err := outbound.ParseAllowed("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return outbound.AllowList{a}
}

// named leads each name to a server, whatever the port.
func named(servers map[string]*httptest.Server) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		s, ok := servers[host]
		if !ok {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		var d net.Dialer
		return d.DialContext(ctx, network, s.Listener.Addr().String())
	}
}

func hosts(t *testing.T, patterns ...string) hostname.List {
	t.Helper()
	list, err := hostname.ParseList(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// reasonOf gives the reason of an error, "" for none.
func reasonOf(err error) outbound.Reason {
	var e *outbound.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Answer", "yes")
	w.WriteHeader(http.StatusTeapot)
	_, _ = fmt.Fprintf(w, "%s %s\n%s\n", r.Method, r.URL.RequestURI(), body)
	_ = r.Header.Write(w)
}

func TestARequestIsSentAsItIs(t *testing.T) {
	s := server(t, echo)
	c := client(t, outbound.Config{Allow: onLoopback(t)})
	got, err := c.Do(t.Context(), outbound.Request{
		Account: acme, Method: "POST", URL: s.URL + "/x?y=1", Body: []byte("hi"), Hosts: hosts(t, "127.0.0.1"),
		Header: http.Header{"X-Api-Key": {"k"}, "Content-Type": {"text/plain"}}, IdempotencyKey: "run-1",
	})
	text := string(got.Body)
	if err != nil || got.Status != 418 || got.Header.Get("X-Answer") != "yes" {
		t.Fatalf("got %+v, %v, want status 418 and the header", got, err)
	}
	for _, want := range []string{
		"POST /x?y=1\nhi\n", "X-Api-Key: k\r\n", "User-Agent: callfn\r\n", "Accept-Encoding: identity\r\n",
		"Idempotency-Key: run-1\r\n", "Content-Type: text/plain\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got %s, want %q in it", text, want)
		}
	}
}

// The guard stands at the connection, whatever the name says (bindings-facts: a check of the text, or before the name
// is resolved, is none).
func TestOnlyAllowedAddresses(t *testing.T) {
	reached := false
	s := server(t, func(http.ResponseWriter, *http.Request) { reached = true })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	everywhere := hosts(t, "127.0.0.1", "localhost", "::1", "0.0.0.0", "169.254.169.254", "2130706433", "127.1", "0x7f.1")
	of := func(text string) outbound.AllowList {
		a, err := outbound.ParseAllowed(text)
		if err != nil {
			t.Fatal(err)
		}
		return outbound.AllowList{a}
	}
	for name, allow := range map[string]outbound.AllowList{
		"nothing": nil, "another network": of("127.0.0.2"), "another account": of("127.0.0.0/8=" + strings.Repeat("b", 32)),
	} {
		c := client(t, outbound.Config{Allow: allow})
		for _, host := range []string{
			"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1", "0x7f.1",
		} {
			_, err := c.Do(t.Context(), outbound.Request{
				Account: acme, Method: "GET", URL: "http://" + host + ":" + port + "/secret?token=1", Hosts: everywhere,
			})
			reason := reasonOf(err)
			if reached || reason != outbound.RefusedAddress && reason != outbound.DNS {
				t.Errorf("%s allowed, %s: got %v, reached %t, want refused_address", name, host, err, reached)
			}
			if err != nil && (strings.Contains(err.Error(), "/secret") || strings.Contains(err.Error(), "token")) {
				t.Errorf("%s: got %q, want nothing of path and query", host, err)
			}
		}
		if n := c.Open(); n != 0 {
			t.Errorf("%s: got %d breakers open after refusals, want none", name, n)
		}
	}
	c := client(t, outbound.Config{Allow: of("127.0.0.0/8=" + acme)})
	get := outbound.Request{Account: acme, Method: "GET", URL: s.URL, Hosts: everywhere}
	if _, err := c.Do(t.Context(), get); err != nil || !reached {
		t.Errorf("allowed for the account: got %v, want an answer", err)
	}
}

func TestParseAllowed(t *testing.T) {
	for _, good := range []string{"10.0.0.0/8", "10.1.2.3", "fd00::/8=" + acme, "::1", "10.1.2.3/8=" + acme + "," + acme} {
		if _, err := outbound.ParseAllowed(good); err != nil {
			t.Errorf("%s: got %v, want no error", good, err)
		}
	}
	for _, bad := range []string{
		"", "10.0.0.0/33", "host", "10.0.0.0/8=", "10.0.0.0/8=acme", "10.0.0.0/8=" + acme + ",", "=",
	} {
		if _, err := outbound.ParseAllowed(bad); !errors.Is(err, outbound.ErrAllow) {
			t.Errorf("%q: got %v, want ErrAllow", bad, err)
		}
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	c := client(t, outbound.Config{Allow: onLoopback(t)})
	for name, r := range map[string]outbound.Request{
		"no URL":              {URL: ""},
		"a file":              {URL: "file:///etc/passwd"},
		"no scheme":           {URL: "a.example/"},
		"no host":             {URL: "http:///x"},
		"a password":          {URL: "https://u:p@a.example/"},
		"another method":      {Method: "DELETE", URL: "https://a.example/"},
		"a body of a GET":     {URL: "https://a.example/", Body: []byte("x")},
		"a line break":        {URL: "https://a.example/", Header: http.Header{"X-A": {"a\r\nX-B: b"}}},
		"a name of a header":  {URL: "https://a.example/", Header: http.Header{"X A": {"a"}}},
		"a line in a name":    {URL: "https://a.example/", Header: http.Header{"X\r\nB": {"a"}}},
		"host":                {URL: "https://a.example/", Header: http.Header{"Host": {"b"}}},
		"connection":          {URL: "https://a.example/", Header: http.Header{"connection": {"close"}}},
		"content-length":      {URL: "https://a.example/", Header: http.Header{"Content-Length": {"1"}}},
		"transfer-encoding":   {URL: "https://a.example/", Header: http.Header{"transfer-Encoding": {"chunked"}}},
		"accept-encoding":     {URL: "https://a.example/", Header: http.Header{"Accept-Encoding": {"gzip"}}},
		"a host with a space": {URL: "https://a b/"},
	} {
		r.Account, r.Hosts = acme, hosts(t, "a.example")
		if r.Method == "" {
			r.Method = "GET"
		}
		if _, err := c.Do(t.Context(), r); !errors.Is(err, outbound.ErrRequest) {
			t.Errorf("%s: got %v, want ErrRequest", name, err)
		}
	}
	for name, want := range map[string]outbound.Reason{
		"https://b.example/":                  outbound.HostNotDeclared,
		"https://a.example.b.example/":        outbound.HostNotDeclared,
		"https://a.example@b.example/":        "",
		"https://b.example/?u=a.example":      outbound.HostNotDeclared,
		"https://b.example#https://a.example": outbound.HostNotDeclared,
	} {
		_, err := c.Do(t.Context(), outbound.Request{Account: acme, Method: "GET", URL: name, Hosts: hosts(t, "a.example")})
		if err == nil || reasonOf(err) != want {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
	large := outbound.Request{
		Account: acme, Method: "POST", URL: "https://a.example/", Hosts: hosts(t, "a.example"),
		Body: make([]byte, outbound.MaxRequest),
	}
	if _, err := c.Do(t.Context(), large); reasonOf(err) != outbound.TooLarge {
		t.Errorf("a large request: got %v, want too_large", err)
	}
}

// What proves who asks stays with its host, whatever redirects.
func TestRedirects(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]http.Header{}
	methods := map[string]string{}
	serve := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.Host+r.URL.Path], methods[r.Host+r.URL.Path] = r.Header.Clone(), r.Method
		mu.Unlock()
		if to := r.URL.Query().Get("to"); to != "" {
			status := http.StatusFound
			if r.URL.Query().Get("status") == "307" {
				status = http.StatusTemporaryRedirect
			}
			http.Redirect(w, r, to, status)
			return
		}
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s", r.Method, body)
	}
	a, b := server(t, serve), server(t, serve)
	c := client(t, outbound.Config{Dial: named(map[string]*httptest.Server{"a.example": a, "b.example": b})})
	request := func(address string) outbound.Request {
		return outbound.Request{
			Account: acme, Method: "POST", URL: address, Body: []byte("kept"), Hosts: hosts(t, "a.example", "b.example"),
			Header: http.Header{"Authorization": {"Basic eA=="}, "Cookie": {"c=1"}, "Content-Type": {"text/plain"}},
			Fill: func(h outbound.Hop) (outbound.Filled, error) {
				h.Header.Set("X-Filled-For", h.Host)
				return outbound.Filled{Header: h.Header, Body: h.Body}, nil
			},
		}
	}
	to := func(address, status string) string {
		return "http://a.example/from?status=" + status + "&to=" + url.QueryEscape(address)
	}
	got, err := c.Do(t.Context(), request(to("http://b.example/end", "307")))
	if err != nil || string(got.Body) != "POST kept" || got.Host != "b.example" {
		t.Errorf("307: got %s of %s, %v, want the POST kept, of b.example", got.Body, got.Host, err)
	}
	if h := seen["b.example/end"]; h.Get("Authorization")+h.Get("Cookie") != "" || h.Get("X-Filled-For") != "b.example" {
		t.Errorf("the other host: got %v, want no credentials, filled for itself", h)
	}
	if h := seen["a.example/from"]; h.Get("Authorization") == "" || h.Get("X-Filled-For") != "a.example" {
		t.Errorf("the first host: got %v, want credentials", h)
	}
	got, err = c.Do(t.Context(), request(to("/same", "302")))
	if err != nil || string(got.Body) != "GET " || seen["a.example/same"].Get("Authorization") == "" ||
		seen["a.example/same"].Get("Content-Type") != "" {
		t.Errorf("302 on one host: got %s, %v, %v, want a GET with credentials, without the body's type", got.Body, err,
			seen["a.example/same"])
	}
	for name, c2 := range map[string]struct {
		to   string
		want outbound.Reason
	}{
		"a host that is not declared": {"http://c.example/", outbound.HostNotDeclared},
		"a file":                      {"file:///etc/passwd", outbound.Redirects},
		"a password":                  {"http://u:p@b.example/", outbound.Redirects},
		"forever":                     {to(to(to("/x", "302"), "302"), "302"), outbound.Redirects},
	} {
		if _, err := c.Do(t.Context(), request(to(c2.to, "302"))); reasonOf(err) != c2.want {
			t.Errorf("%s: got %v, want %s", name, err, c2.want)
		}
	}
}

func TestNoRedirectFromHTTPSToHTTP(t *testing.T) {
	plain := server(t, echo)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://plain.example/", http.StatusFound)
	}))
	t.Cleanup(secure.Close)
	pool := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	dial := named(map[string]*httptest.Server{"example.com": secure, "plain.example": plain, "other.example": secure})
	all := hosts(t, "example.com", "plain.example", "other.example")
	c := client(t, outbound.Config{Dial: dial, Roots: pool})
	get := outbound.Request{Account: acme, Method: "GET", URL: "https://example.com/", Hosts: all}
	if _, err := c.Do(t.Context(), get); reasonOf(err) != outbound.Redirects {
		t.Errorf("got %v, want redirects", err)
	}
	get.URL = "https://other.example/" // its certificate is for another name
	if _, err := c.Do(t.Context(), get); reasonOf(err) != outbound.TLS {
		t.Errorf("another name: got %v, want tls", err)
	}
	get.URL = "https://plain.example/" // speaks no TLS
	if _, err := c.Do(t.Context(), get); reasonOf(err) != outbound.TLS {
		t.Errorf("no TLS: got %v, want tls", err)
	}
	untrusting := client(t, outbound.Config{Dial: dial})
	get.URL = "https://example.com/"
	if _, err := untrusting.Do(t.Context(), get); reasonOf(err) != outbound.TLS {
		t.Errorf("an unknown authority: got %v, want tls", err)
	}
}

// A GET is sent once more where the connection broke before an answer began, a POST never.
func TestRetry(t *testing.T) {
	const half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
	for name, c := range map[string]struct {
		method, answer string
		wantAsked      int32
		want           outbound.Reason
	}{
		"a GET that breaks once":              {"GET", "", 2, ""},
		"a GET that breaks within the answer": {"GET", half, 1, outbound.Connect},
		"a POST":                              {"POST", "", 1, outbound.Connect},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			s := server(t, func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) > 1 {
					_, _ = io.WriteString(w, "fine")
					return
				}
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, c.answer)
				_ = conn.Close()
			})
			got, err := client(t, outbound.Config{Allow: onLoopback(t)}).Do(t.Context(), outbound.Request{
				Account: acme, Method: c.method, URL: s.URL, Hosts: hosts(t, "127.0.0.1"),
			})
			if reasonOf(err) != c.want || (err == nil) != (c.want == "") || asked.Load() != c.wantAsked {
				t.Errorf("got %s, %v after %d requests, want reason %q after %d", got.Body, err, asked.Load(), c.want, c.wantAsked)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	release := make(chan struct{})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		default:
			_, _ = w.Write(make([]byte, 1001))
		}
	})
	defer close(release)
	c := client(t, outbound.Config{Allow: onLoopback(t), MaxAnswer: 1000})
	get := outbound.Request{Account: acme, Method: "GET", URL: s.URL + "/large", Hosts: hosts(t, "127.0.0.1")}
	for _, path := range []string{"/large", "/endless"} {
		get.URL = s.URL + path
		if _, err := c.Do(t.Context(), get); reasonOf(err) != outbound.TooLarge {
			t.Errorf("%s: got %v, want too_large", path, err)
		}
	}
	get.URL, get.Timeout = s.URL+"/slow", 50*time.Millisecond
	begun := time.Now()
	if _, err := c.Do(t.Context(), get); reasonOf(err) != outbound.Timeout || time.Since(begun) > time.Second {
		t.Errorf("slow: got %v after %s, want timeout after 50 ms", err, time.Since(begun))
	}
}

// No two accounts share a connection, which may hold credentials; one account's are used again.
func TestConnectionsBelongToAnAccount(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })
	c := client(t, outbound.Config{Allow: onLoopback(t)})
	ask := func(account string) string {
		got, err := c.Do(t.Context(), outbound.Request{
			Account: account, Method: "GET", URL: s.URL, Hosts: hosts(t, "127.0.0.1"),
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(got.Body)
	}
	first, second, other := ask(acme), ask(acme), ask("b")
	if first != second || first == other {
		t.Errorf("connections from %s, %s and, of another account, %s: want the first two alike", first, second, other)
	}
}

// Without TLS something confidential goes to the networks alone that the operator allows.
func TestConfidentialWithoutTLS(t *testing.T) {
	s := server(t, echo)
	fill := func(h outbound.Hop) (outbound.Filled, error) {
		return outbound.Filled{Header: h.Header, Body: h.Body, Confidential: true}, nil
	}
	get := outbound.Request{Account: acme, Method: "GET", URL: s.URL, Hosts: hosts(t, "127.0.0.1"), Fill: fill}
	if _, err := client(t, outbound.Config{Allow: onLoopback(t)}).Do(t.Context(), get); err != nil {
		t.Errorf("an allowed network: got %v, want an answer", err)
	}
	get.URL, get.Hosts = "http://93.184.216.34/", hosts(t, "93.184.216.34")
	if _, err := client(t, outbound.Config{}).Do(t.Context(), get); reasonOf(err) != outbound.RefusedAddress {
		t.Errorf("a public address: got %v, want refused_address", err)
	}
}

func TestAnswersAreCleaned(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Echo", "the secret")
		_, _ = io.WriteString(w, "a secret body")
	})
	c := client(t, outbound.Config{Allow: onLoopback(t)})
	for range 2 { // the second one from the cache
		got, err := c.Do(t.Context(), outbound.Request{
			Account: acme, Method: "GET", URL: s.URL, Hosts: hosts(t, "127.0.0.1"), Cache: time.Minute,
			Clean: func(s string) string { return strings.ReplaceAll(s, "secret", "…") },
		})
		if err != nil || string(got.Body) != "a … body" || got.Header.Get("X-Echo") != "the …" {
			t.Errorf("got %s, %v, %v, want no secret", got.Body, got.Header, err)
		}
	}
}
