package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/await"
	"callfn/internal/datastore/faultproxy"
	"callfn/internal/testlog"
)

// couchFaults are faults of a CouchDB across a network. quick is how soon the first request must be answered.
var couchFaults = []struct {
	name  string
	fault faultproxy.Fault
	down  bool // the breaker should open
	error string
}{
	{"refusing", faultproxy.Refuse, true, "datastore_unreachable"},
	{"resetting", faultproxy.Reset, true, "datastore_unreachable"},
	{"half-open", faultproxy.Silent, true, "datastore_unreachable"},
	{
		"503", faultproxy.Status(503, `{"error":"nodedown","reason":"progress not possible"}`), true,
		"datastore_unreachable",
	},
	{
		"disk full", faultproxy.Status(500, `{"error":"enospc","reason":"no space left on device"}`), false,
		"datastore_fault",
	},
	{
		"garbage", faultproxy.Answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"), false,
		"datastore_",
	},
}

// noLeaks fails the test if goroutines, and with them connections, remain after everything was closed.
func noLeaks(t *testing.T) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := goleak.Find(ignore); err != nil {
			t.Errorf("got %v, want no error", err)
		}
	})
}

// behind starts a CouchDB (the embedded node of its own service) behind a fault proxy.
func behind(t *testing.T) (*faultproxy.Proxy, string) {
	t.Helper()
	s := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
		"--couch-user=admin")
	u, err := url.Parse(s.couch)
	if err != nil {
		t.Fatal(err)
	}
	p := faultproxy.Start(t, u.Host)
	return p, withUser(t, "http://"+p.Address(), "admin", couchPassword)
}

// While its CouchDB has a fault, the API answers 503: soon, and at once when the fault is known. Afterwards everything
// works and every acknowledged write is there.
func TestAPIThroughFaults(t *testing.T) {
	noLeaks(t)
	p, address := behind(t)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couchdb-url="+address,
		"--database-prefix=t_")
	token := login(t, s.url)
	functions := s.url + "/v2/accounts/" + token.account + "/functions"
	acknowledged := 0
	put := func() (int, string, time.Duration) {
		begun := time.Now()
		code, body := send(t, "PUT", functions, token.token,
			fmt.Sprintf(`{"data":{"name":"n%d","function_js":"return {module: 'noop'}"}}`, acknowledged))
		if code == 201 {
			acknowledged++
		}
		return code, body, time.Since(begun)
	}
	for _, f := range couchFaults {
		t.Run(f.name, func(t *testing.T) {
			if code, body, _ := put(); code != 201 {
				t.Fatalf("got %v %v, want code 201", code, body)
			}
			p.Set(f.fault)
			code, body, took := put()
			if code != 503 || !strings.Contains(body, f.error) || took > 3*time.Second {
				t.Errorf("the first request: got %d %s after %s, want 503, soon", code, body, took)
			}
			if !strings.Contains(body, "nothing was stored") && !strings.Contains(body, "may have been stored") {
				t.Errorf("the first request: %s, want it to say whether anything was stored", body)
			}
			if f.down {
				quick := 0
				await.True(t, "fast failures", func() bool {
					code, _, took := put()
					if code == 503 && took < 100*time.Millisecond {
						quick++
					} else {
						quick = 0
					}
					return quick == 5
				})
				if code, _ := get(t, s.url+"/readyz"); code != 503 {
					t.Errorf("readyz: got %d, want code 503", code)
				}
			}
			if code, _ := get(t, s.url+"/healthz"); code != 200 {
				t.Errorf("healthz: got %d, want code 200: the process lives", code)
			}
			p.Set(faultproxy.Pass)
			await.True(t, "recovery", func() bool { code, _, _ := put(); return code == 201 })
		})
	}
	_, body := send(t, "GET", functions+"?paginate=false", token.token, "")
	if n := strings.Count(body, `"name":"n`); n < acknowledged {
		t.Errorf("got %d functions, want the %d that were acknowledged", n, acknowledged)
	}
	if log := s.errs.String(); !strings.Contains(log, "CouchDB does not answer") ||
		!strings.Contains(log, "CouchDB answers again") || strings.Contains(log, couchPassword) {
		t.Error("got a log without the outage, or with a password, want the outage alone")
	}
}

// While the functions' CouchDB has a fault, a call continues at `_` within the deadline, and without waiting once the
// fault is known.
func TestCallsThroughFaults(t *testing.T) {
	noLeaks(t)
	p, address := behind(t)
	_, main := behind(t)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couchdb-url="+main,
		"--functions-couchdb-url="+address, "--database-prefix=t_")
	callWorks(t, s)
	token := login(t, s.url)
	call := func() (string, time.Duration) {
		begun := time.Now()
		code, body := send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/simulations", token.token,
			`{"data":{"To":"1000","From":"2000"}}`)
		if code/100 != 2 {
			t.Fatalf("got %v %v, want code / 100 = 2", code, body)
		}
		return body, time.Since(begun)
	}
	for _, f := range couchFaults {
		t.Run(f.name, func(t *testing.T) {
			if body, _ := call(); !strings.Contains(body, `"outcome":"ok"`) {
				t.Fatalf("got %v, want %q", body, `"outcome":"ok"`)
			}
			p.Set(f.fault)
			body, took := call()
			if !strings.Contains(body, `"engine_down"`) || !strings.Contains(body, `"hangup"`) || took > 2*time.Second {
				t.Errorf("the first call: got %s after %s, want it to go on at _, soon", body, took)
			}
			if f.down {
				quick := 0
				await.True(t, "calls that do not wait", func() bool {
					body, took := call()
					if strings.Contains(body, `"engine_down"`) && took < 50*time.Millisecond {
						quick++
					} else {
						quick = 0
					}
					return quick == 5
				})
			}
			p.Set(faultproxy.Pass)
			await.True(t, "recovery", func() bool { body, _ := call(); return strings.Contains(body, `"outcome":"ok"`) })
		})
	}
}

// A slow CouchDB does not count as down: everything works, but later.
func TestSlowCouchDB(t *testing.T) {
	noLeaks(t)
	p, address := behind(t)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couchdb-url="+address,
		"--database-prefix=t_")
	p.Set(faultproxy.Slow(60 * time.Millisecond))
	callWorks(t, s)
	if strings.Contains(s.errs.String(), "CouchDB does not answer") {
		t.Error("got CouchDB taken for dead while it is only slow, want it alive")
	}
}

// A service that starts before its CouchDB says so and waits for it.
func TestServeWaitsForCouchDB(t *testing.T) {
	p, address := behind(t)
	p.Set(faultproxy.Refuse)
	var out, errs testlog.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, program{}.environment(t, &out, &errs, "serve", "--listen=127.0.0.1:0", "--data="+t.TempDir(),
			"--log-format=json",
			"--couchdb-url="+address, "--database-prefix=t_"))
	}()
	says := func(text string) func() bool { return func() bool { return strings.Contains(errs.String(), text) } }
	await.True(t, "a word about the wait", says("waiting"))
	p.Set(faultproxy.Pass)
	await.True(t, "ready", says("callfn is ready"))
	cancel()
	if c := <-code; c != exitOK {
		t.Errorf("got exit code %d and %s, want %d", c, errs.String(), exitOK)
	}
}
