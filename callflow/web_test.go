package callflow_test

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
	"sync/atomic"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/guardedhttp"
)

func newWeb(t *testing.T, cfg guardedhttp.Config) *callflow.Web {
	t.Helper()
	w := callflow.NewWeb(cfg)
	t.Cleanup(w.Close)
	return w
}

// here lets a Web reach only the test's own servers on 127.0.0.1.
func here(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") }

func webServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// The guard's limits apply through the Control. Each gives an error that a person can use, without details of this
// machine's network.
func TestWebBounds(t *testing.T) {
	var address string
	address = webServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			_, _ = w.Write(make([]byte, 2000))
		case "/slow":
			_, _ = io.Copy(io.Discard, r.Body) // otherwise the server does not notice that the client is gone
			<-r.Context().Done()
		case "/loop":
			http.Redirect(w, r, address+"/loop", http.StatusFound)
		case "/private":
			http.Redirect(w, r, "http://127.0.0.2:1/", http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		case "/once":
			http.Redirect(w, r, address+"/end", http.StatusTemporaryRedirect)
		default:
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, "%s %s", r.Method, body)
		}
	})
	w := newWeb(t, guardedhttp.Config{Allow: here, Bytes: 1000})
	ask := func(w *callflow.Web, url string, timeout time.Duration) (callflow.HTTPResponse, error) {
		return w.HTTP(context.Background(), callflow.HTTPRequest{
			Method: "POST", URL: url, Body: []byte("x"),
			Timeout: timeout,
		})
	}
	if got, err := ask(w, address+"/once", 0); err != nil || got.Status != 200 || got.ContentType != "application/json" ||
		string(got.Body) != "POST x" {
		t.Errorf("got %+v, error %v; want 200 with POST x", got, err)
	}
	for path, want := range map[string]error{
		"/large": guardedhttp.ErrTooLarge, "/loop": guardedhttp.ErrRedirects, "/private": guardedhttp.ErrAddress,
		"/metadata": guardedhttp.ErrAddress,
		"/file":     guardedhttp.ErrURL,
	} {
		if _, err := ask(w, address+path, 0); !errors.Is(err, want) || strings.Contains(err.Error(), "127.0.0") ||
			strings.Contains(err.Error(), "169.254") {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
	if _, err := ask(w, address+"/slow", 50*time.Millisecond); !errors.Is(err, callflow.ErrHTTPTimeout) {
		t.Errorf("slow: got error %v, want %v", err, callflow.ErrHTTPTimeout)
	}
	public := newWeb(t, guardedhttp.Config{})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	for _, host := range []string{
		"127.0.0.1", "[::1]", "10.0.0.1", "192.168.0.1", "169.254.169.254", "[fd00::1]",
		"0.0.0.0",
	} {
		if _, err := ask(public, "http://"+host+":"+port+"/", time.Second); !errors.Is(err, guardedhttp.ErrAddress) {
			t.Errorf("%s: got %v, want ErrAddress", host, err)
		}
	}
	// A name that only this network knows looks like an unknown one.
	_, inside := ask(public, "http://localhost:"+port+"/", time.Second)
	_, unknown := ask(public, "http://nowhere.invalid/", time.Second)
	if inside == nil || unknown == nil || inside.Error() != unknown.Error() || strings.Contains(unknown.Error(), ":53") {
		t.Errorf("a name inside: %v; an unknown name: %v; want the same", inside, unknown)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	gone := errors.New("the call is gone")
	cancel(gone)
	if _, err := w.HTTP(ctx, callflow.HTTPRequest{Method: "GET", URL: address}); !errors.Is(err, gone) {
		t.Errorf("got error %v, want %v", err, gone)
	}
}

// A Forget request is sent in the background, repeated if it is not accepted, and dropped when the Web closes.
func TestWebForgets(t *testing.T) {
	var asked atomic.Int32
	arrived := make(chan string, 2000) // room for all: no handler waits or remains when the test ends
	release := make(chan struct{})
	defer close(release)
	address := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		switch {
		case r.URL.Path == "/hangs":
			arrived <- "hangs"
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case n < 3:
			w.WriteHeader(http.StatusBadGateway)
		default:
			arrived <- r.URL.Path
		}
	})
	w := callflow.NewWeb(guardedhttp.Config{Allow: here})
	defer w.Close()
	w.RetryAfter(time.Millisecond)
	begun := time.Now()
	if got, err := w.HTTP(context.Background(), callflow.HTTPRequest{
		Method: "GET", URL: address + "/taken", Forget: true,
		Retries: 2,
	}); got.Status != 0 || err != nil {
		t.Errorf("got %+v, error %v; want nothing of a request whose answer nobody waits for", got, err)
	}
	if path := <-arrived; path != "/taken" || asked.Load() != 3 {
		t.Errorf("got %s after %d attempts, want /taken after 3", path, asked.Load())
	}
	for n := 0; ; n++ { // every slot is taken at some time, and no request waits for one
		_, err := w.HTTP(context.Background(), callflow.HTTPRequest{
			Method: "GET", URL: address + "/hangs",
			Timeout: time.Minute, Forget: true,
		})
		if errors.Is(err, callflow.ErrWebBusy) {
			break
		}
		if err != nil || n > 1000 {
			t.Fatalf("request %d: got error %v, want none until the requests are too many", n, err)
		}
		if n < 3 {
			<-arrived
		}
	}
	w.Close()
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("closing took %s, want it not to wait for servers", took)
	}
}

// A rehearsal only sends web requests if its script wants that and the service permits it. The script's own responses
// take precedence.
func TestRehearsalWithRealHTTP(t *testing.T) {
	address := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"module":"tts","data":{"text":"to %s"}}`, r.URL.Query().Get("To"))
	})
	flow := callflow.NodeOf(map[string]any{
		"module": "webhook", "data": map[string]any{"uri": "http://10.0.0.1/hook"},
		"children": map[string]any{
			"_": map[string]any{"module": "pivot", "data": map[string]any{"voice_url": address + "/call"}},
		},
	})
	simulate := func(web *callflow.Web, script map[string]any) (callflow.Trace, error) {
		s := callflow.Simulator{
			Web: web,
			Executor: &callflow.Executor{Directory: callflow.Memory{acme: {{Document: callflow.Document{
				ID:      "c1",
				Numbers: []string{"1000"}, Flow: flow,
			}}}}},
		}
		return s.Simulate(context.Background(), callflow.SimulationRequest{
			Account: acme, Call: map[string]any{"To": "1000"},
			Script: script,
		})
	}
	notes := func(t *testing.T, trace callflow.Trace) string {
		t.Helper()
		var b strings.Builder
		for _, step := range trace.Steps {
			fmt.Fprintln(&b, step.Module, step.Outcome, step.Data.Members["text"], step.Notes)
		}
		return b.String()
	}
	web := newWeb(t, guardedhttp.Config{Allow: here})
	real := map[string]any{"real_http": true}
	trace, err := simulate(web, real)
	if got := notes(t, trace); err != nil || !strings.Contains(got, "tts ok to 1000") ||
		!strings.Contains(got, "webhook failed <nil> [the webhook could not be sent: the address is not a public one]") {
		t.Errorf("got error %v, want speech, and a webhook refused\n%s", err, got)
	}
	real["http"] = map[string]any{address + "/call": map[string]any{"status": 500}}
	if trace, err = simulate(web, real); err != nil || !strings.Contains(notes(t, trace), "status 500") {
		t.Errorf("got error %v, want status 500\n%s", err, notes(t, trace))
	}
	if trace, err = simulate(web, nil); err != nil || !strings.Contains(notes(t, trace), callflow.ErrNotScripted.Error()) {
		t.Errorf("got error %v, want %v told\n%s", err, callflow.ErrNotScripted, notes(t, trace))
	}
	var refused *callflow.InvalidCall
	if _, err := simulate(nil, map[string]any{"real_http": true}); !errors.As(err, &refused) ||
		refused.Fields["script.real_http"] == nil {
		t.Errorf("got error %v, want script.real_http named", err)
	}
	if _, err := simulate(web, map[string]any{"real_http": "yes"}); !errors.As(err, &refused) {
		t.Errorf("got error %v, want it refused", err)
	}
}
