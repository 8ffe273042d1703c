package datastore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/datastore/faultproxy"
)

// faulty is a small server behind a fault proxy, and a connection with a breaker to it.
type faulty struct {
	*faultproxy.Proxy
	connection *datastore.Connection
	outages    chan bool
}

func behindFaults(t *testing.T, h http.HandlerFunc) faulty {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	f := faulty{Proxy: faultproxy.Start(t, server.Listener.Addr().String()), outages: make(chan bool, 100)}
	c, err := datastore.Open(datastore.Config{
		URL: "http://" + f.Address(), Breaker: true, Timeout: 5 * time.Second,
		OnOutage: func(down bool, _ error) { f.outages <- down },
	})
	if err != nil {
		t.Fatal(err)
	}
	f.connection = c
	t.Cleanup(func() { _ = c.Close() })
	return f
}

func (f faulty) get() (time.Duration, error) {
	begun := time.Now()
	_, err := f.connection.Database("db").Get(context.Background(), "doc")
	return time.Since(begun), err
}

// await waits until the breaker reports down or up.
func (f faulty) await(t *testing.T, down bool) {
	t.Helper()
	select {
	case got := <-f.outages:
		if got != down {
			t.Fatalf("the breaker reports down: %t, want %t", got, down)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("got no report of the breaker, want down: %t", down)
	}
}

func document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"_id":"doc","_rev":"1-a"}`)
}

func TestBreakerFailsAtOnceAndRecovers(t *testing.T) {
	for name, fault := range map[string]faultproxy.Fault{
		"refusing": faultproxy.Refuse, "resetting": faultproxy.Reset, "half-open": faultproxy.Silent,
		"503": faultproxy.Status(503, `{"error":"x","reason":"y"}`),
	} {
		t.Run(name, func(t *testing.T) {
			f := behindFaults(t, document)
			if _, err := f.get(); err != nil {
				t.Fatal(err)
			}
			f.Set(fault)
			took, err := f.get()
			if !errors.Is(err, datastore.ErrUnreachable) || took > 2*time.Second {
				t.Fatalf("the first request: got %v after %s, want %v within 2 s", err, took, datastore.ErrUnreachable)
			}
			f.await(t, true)
			for range 20 {
				if took, err := f.get(); !errors.Is(err, datastore.ErrUnreachable) || took > 50*time.Millisecond {
					t.Fatalf("while it is down: got %v after %s, want %v at once", err, took, datastore.ErrUnreachable)
				}
			}
			f.Set(faultproxy.Pass)
			f.await(t, false)
			if _, err := f.get(); err != nil {
				t.Errorf("after it is back: got error %v, want none", err)
			}
		})
	}
}

// A server that is down gets no requests but the breaker's own probes: a thousand callers would keep it from coming
// back.
func TestBreakerKeepsRequestsFromAServerThatIsDown(t *testing.T) {
	var down atomic.Bool
	var asked atomic.Int32
	f := behindFaults(t, func(w http.ResponseWriter, r *http.Request) {
		if !down.Load() {
			document(w, r)
			return
		}
		if !strings.HasSuffix(r.URL.Path, "/_up") {
			asked.Add(1)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	down.Store(true)
	if _, err := f.get(); !errors.Is(err, datastore.ErrUnreachable) || asked.Load() == 0 {
		t.Fatalf("the first request: got %v, want it sent, and %v", err, datastore.ErrUnreachable)
	}
	f.await(t, true)
	before := asked.Load()
	for range 500 {
		if _, err := f.get(); !errors.Is(err, datastore.ErrUnreachable) {
			t.Fatal(err)
		}
	}
	if n := asked.Load() - before; n != 0 {
		t.Errorf("got %d requests at a server that is down, want 0", n)
	}
	down.Store(false)
	f.await(t, false)
}

// A server that answers nonsense, or slowly, counts as up: nothing is cut off.
func TestBreakerLeavesALivingServerAlone(t *testing.T) {
	for name, c := range map[string]struct {
		fault faultproxy.Fault
		kind  error
	}{
		"500":     {faultproxy.Status(500, `{"error":"badmatch","reason":"unknown"}`), datastore.ErrFault},
		"full":    {faultproxy.Status(500, `{"error":"enospc","reason":"no space left on device"}`), datastore.ErrFull},
		"garbage": {faultproxy.Status(200, `<html>`), datastore.ErrFault},
	} {
		t.Run(name, func(t *testing.T) {
			f := behindFaults(t, document)
			f.Set(c.fault)
			for range 3 {
				if took, err := f.get(); datastore.KindOf(err) != c.kind || took > time.Second {
					t.Errorf("got %v after %s, want %v within a second", err, took, c.kind)
				}
			}
			if len(f.outages) > 0 {
				t.Error("the breaker opened, want it closed for a server that answers")
			}
		})
	}
	t.Run("one slow request", func(t *testing.T) {
		f := behindFaults(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/doc") {
				time.Sleep(1500 * time.Millisecond)
			}
			document(w, r)
		})
		if took, err := f.get(); err != nil || took < 1500*time.Millisecond {
			t.Errorf("got error %v after %s, want an answer after 1.5 s", err, took)
		}
	})
}

func TestAlive(t *testing.T) {
	f := behindFaults(t, document)
	if err := f.connection.Alive(t.Context()); err != nil {
		t.Errorf("got error %v, want none", err)
	}
	f.Set(faultproxy.Refuse)
	if err := f.connection.Alive(t.Context()); !errors.Is(err, datastore.ErrUnreachable) {
		t.Errorf("got error %v, want %v", err, datastore.ErrUnreachable)
	}
	f.Set(faultproxy.Silent)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := f.connection.Alive(ctx); !errors.Is(err, datastore.ErrUnreachable) {
		t.Errorf("got error %v, want %v", err, datastore.ErrUnreachable)
	}
}
