package guardedhttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/guardedhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPublic(t *testing.T) {
	for _, a := range []string{"1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"} {
		if !guardedhttp.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s: got it refused, want it public", a)
		}
	}
	for _, a := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1",
		"192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "::1", "::ffff:127.0.0.1",
		"::ffff:10.0.0.1", "::7f00:1", "fe80::1",
		"fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1",
		"fec0::1",
	} {
		if guardedhttp.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s: got it public, want it refused", a)
		}
	}
}

// server serves on 127.0.0.1, which the tests' clients may reach.
func server(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// only is the one address that the tests' clients may reach.
func only(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") }

func TestAsk(t *testing.T) {
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusTeapot)
		_, _ = fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), r.UserAgent(),
			body)
	})
	c := guardedhttp.New(guardedhttp.Config{Allow: only})
	got, err := c.Do(context.Background(), guardedhttp.Request{
		Method: "POST", URL: address + "/x?y=1",
		ContentType: "text/plain", Body: []byte("hi"),
	})
	if err != nil || got.Status != 418 || string(got.Body) != "POST /x?y=1 text/plain callfn hi" {
		t.Errorf("got %d %s %v, want 418 and the request as it was sent", got.Status, got.Body, err)
	}
}

// Nobody but the public internet is reached, by whatever name.
func TestForbiddenAddresses(t *testing.T) {
	reached := false
	address := server(t, func(http.ResponseWriter, *http.Request) { reached = true })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	c := guardedhttp.New(guardedhttp.Config{})
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "0", "2130706433",
		"127.1",
	} {
		_, err := c.Do(context.Background(), guardedhttp.Request{Method: "GET", URL: "http://" + host + ":" + port})
		if err == nil || reached {
			t.Errorf("%s: got it reached, want an error", host)
		}
	}
	if _, err := c.Do(context.Background(), guardedhttp.Request{Method: "GET", URL: address}); !errors.Is(err,
		guardedhttp.ErrAddress) {
		t.Errorf("got %v, want ErrAddress", err)
	}
	for _, bad := range []string{
		"", "ftp://a.example/", "file:///etc/passwd", "http://", "http://user:pw@a.example/",
		"gopher://a", "http://a b/", "//a.example",
	} {
		if _, err := c.Do(context.Background(), guardedhttp.Request{Method: "GET", URL: bad}); !errors.Is(err,
			guardedhttp.ErrURL) {
			t.Errorf("%q: got %v, want ErrURL", bad, err)
		}
	}
}

// What a URL alone shows is known before anything is asked.
func TestCheck(t *testing.T) {
	for address, want := range map[string]error{
		"https://example.com/a.wav": nil, "HTTP://1.1.1.1": nil, "http://127.0.0.1/x": guardedhttp.ErrAddress,
		"http://[::ffff:10.0.0.1]/": guardedhttp.ErrAddress, "http://LOCALHOST./": guardedhttp.ErrAddress,
		"http://a.localhost": guardedhttp.ErrAddress, "http://user:pw@example.com": guardedhttp.ErrURL,
		"ftp://example.com": guardedhttp.ErrURL, "https://": guardedhttp.ErrURL, "": guardedhttp.ErrURL,
	} {
		if err := guardedhttp.Check(address); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: got %v, want %v", address, err, want)
		}
	}
}

// The address of every redirect is checked as that of the first request is.
func TestRedirects(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("this machine has no second loopback address; run the test on Linux: ", err)
	}
	reached := false
	inner := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	_ = inner.Listener.Close()
	inner.Listener = l
	inner.Start()
	t.Cleanup(inner.Close)
	var address string
	address = server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/inside":
			http.Redirect(w, r, inner.URL, http.StatusFound)
		case "/loop":
			http.Redirect(w, r, address+"/loop", http.StatusFound)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		case "/once":
			http.Redirect(w, r, address+"/end", http.StatusTemporaryRedirect)
		default:
			body, _ := io.ReadAll(r.Body)
			_, _ = fmt.Fprintf(w, "%s %s", r.Method, body)
		}
	})
	c := guardedhttp.New(guardedhttp.Config{Allow: only})
	for path, want := range map[string]error{
		"/inside": guardedhttp.ErrAddress, "/loop": guardedhttp.ErrRedirects,
		"/file": guardedhttp.ErrURL,
	} {
		if _, err := c.Do(context.Background(), guardedhttp.Request{Method: "GET", URL: address + path}); !errors.Is(err,
			want) || reached {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
	got, err := c.Do(context.Background(), guardedhttp.Request{
		Method: "POST", URL: address + "/once",
		Body: []byte("kept"),
	})
	if err != nil || string(got.Body) != "POST kept" {
		t.Errorf("one redirect: got %s %v, want the method and the body kept", got.Body, err)
	}
	none := guardedhttp.New(guardedhttp.Config{Allow: only, Redirects: -1})
	if _, err := none.Do(context.Background(), guardedhttp.Request{Method: "GET", URL: address + "/once"}); !errors.Is(err,
		guardedhttp.ErrRedirects) {
		t.Errorf("none allowed: got %v, want %v", err, guardedhttp.ErrRedirects)
	}
}

func TestBounds(t *testing.T) {
	release := make(chan struct{})
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/drip":
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte("x"))
				w.(http.Flusher).Flush()
				select {
				case <-release:
					return
				case <-r.Context().Done():
				case <-time.After(time.Millisecond):
				}
			}
		default:
			_, _ = w.Write(make([]byte, 1001))
		}
	})
	defer close(release)
	c := guardedhttp.New(guardedhttp.Config{Allow: only, Bytes: 1000, Timeout: 10 * time.Second})
	if _, err := c.Do(context.Background(), guardedhttp.Request{Method: "GET", URL: address + "/large"}); !errors.Is(err,
		guardedhttp.ErrTooLarge) {
		t.Errorf("large: got %v, want %v", err, guardedhttp.ErrTooLarge)
	}
	for _, path := range []string{"/slow", "/drip"} {
		begun := time.Now()
		c := guardedhttp.New(guardedhttp.Config{Allow: only})
		_, err := c.Do(context.Background(), guardedhttp.Request{
			Method: "GET", URL: address + path,
			Timeout: 50 * time.Millisecond,
		})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 4*time.Second {
			t.Errorf("%s: got %v after %s, want the deadline within 4 s", path, err, time.Since(begun))
		}
	}
}
