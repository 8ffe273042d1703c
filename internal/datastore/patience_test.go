package datastore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/datastore/faultproxy"
)

// paused is a handler that does not answer while it is paused.
type paused struct {
	mu      sync.Mutex
	resumed chan struct{}
	stored  atomic.Int64
}

func (p *paused) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resumed = make(chan struct{})
}

func (p *paused) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.resumed)
	p.resumed = nil
}

func (p *paused) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	resumed := p.resumed
	p.mu.Unlock()
	if resumed != nil {
		<-resumed
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodPut {
		p.stored.Add(1)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"ok":true,"id":"doc","rev":"1-a"}`)
		return
	}
	document(w, r)
}

// Clients that can wait outlast a pause of a server of a second and more: those with a request under way, and those
// that come meanwhile. A call gets an error soon.
func TestAPauseIsWaitedOutByWhoCanWait(t *testing.T) {
	server := &paused{}
	f := behindFaults(t, server.ServeHTTP)
	if _, err := f.get(); err != nil {
		t.Fatal(err)
	}
	server.pause()
	results := make(chan error, 20)
	write := func() {
		ctx, _ := datastore.ForRequest(context.Background())
		_, err := f.connection.Database("db").Create(ctx, datastore.Document{"_id": "doc"})
		results <- err
	}
	for range 10 {
		go write()
	}
	took, err := f.get()
	if !errors.Is(err, datastore.ErrUnreachable) || took > 1200*time.Millisecond {
		t.Errorf("a call: %v after %s, want it told within about a second", err, took)
	}
	f.await(t, true)
	for range 10 {
		go write()
	}
	time.Sleep(300 * time.Millisecond) // the pause continues: 1.2 s in all
	server.resume()
	for range 20 {
		if err := <-results; err != nil {
			t.Errorf("a write: %v, want it made after the pause", err)
		}
	}
	if n := server.stored.Load(); n != 20 {
		t.Errorf("%d writes reached the server, want 20", n)
	}
}

// Clients that can wait do not wait for ever. A long outage gives an error, at once if it is known to last.
func TestAnOutageThatLastsIsTold(t *testing.T) {
	for name, fault := range map[string]faultproxy.Fault{"half-open": faultproxy.Silent, "refusing": faultproxy.Refuse} {
		f := behindFaults(t, document)
		f.Set(fault)
		get := func() (time.Duration, error) {
			ctx, _ := datastore.ForRequest(context.Background())
			begun := time.Now()
			_, err := f.connection.Database("db").Get(ctx, "doc")
			return time.Since(begun), err
		}
		if took, err := get(); !errors.Is(err, datastore.ErrUnreachable) || took > 3*time.Second {
			t.Errorf("%s: the first: %v after %s, want unreachable within 3 s", name, err, took)
		}
		if took, err := get(); !errors.Is(err, datastore.ErrUnreachable) || took > 100*time.Millisecond {
			t.Errorf("%s: the next: %v after %s, want it told at once", name, err, took)
		}
	}
}

// A distant server is reached as well as a near one: the time limits grow with the distance.
func TestAServerFarAwayIsNoOutage(t *testing.T) {
	for _, away := range []time.Duration{240 * time.Millisecond, 600 * time.Millisecond, 1100 * time.Millisecond} {
		t.Run(away.String(), func(t *testing.T) {
			t.Parallel()
			f := behindFaults(t, document)
			f.Set(faultproxy.Slow(away))
			reached := false
			for until := time.Now().Add(15 * time.Second); !reached && time.Now().Before(until); {
				_, err := f.get()
				reached = err == nil
			}
			if !reached {
				t.Fatal("got no answer in 15 s, want the server reached")
			}
			for len(f.outages) > 0 {
				<-f.outages
			}
			for range 5 {
				if took, err := f.get(); err != nil || took < away {
					t.Errorf("%v after %s, want an answer", err, took)
				}
			}
			if len(f.outages) > 0 {
				t.Error("the breaker opened, want it closed for a server that is far away")
			}
		})
	}
}

// What a client learns about a failed write.
func TestWhatBecameOfAWrite(t *testing.T) {
	for _, c := range []struct {
		name          string
		fault         faultproxy.Fault
		made, inDoubt bool
		says          string
	}{
		{"it was made", faultproxy.Status(201, `{"ok":true,"id":"doc","rev":"1-a"}`), true, false, ""},
		{"nobody listens", faultproxy.Refuse, false, false, "does not answer"},
		{"no answer", faultproxy.Silent, false, true, "stopped answering"},
		{
			"a conflict", faultproxy.Status(409, `{"error":"conflict","reason":"Document update conflict."}`), false, false,
			"conflict",
		},
		{"no rights", faultproxy.Status(403, `{"error":"forbidden","reason":"x"}`), false, false, "x"},
		{
			"being moved", faultproxy.Status(403, `{"error":"forbidden","reason":"callfn_moving: x"}`), false, false,
			"nothing was stored",
		},
		{"a crash", faultproxy.Status(500, `{"error":"unknown_error","reason":"x"}`), false, true, "x"},
		{"too few copies", faultproxy.Status(202, `{"ok":true,"id":"doc","rev":"1-a"}`), false, true, "majority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := behindFaults(t, document)
			f.Set(c.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
			defer cancel()
			ctx, request := datastore.ForRequest(ctx)
			_, err := f.connection.Database("db").Create(ctx, datastore.Document{"_id": "doc"})
			if (err == nil) != c.made || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want it to say %q", err, c.says)
			}
			if got, want := fmt.Sprint(request.Made(), request.InDoubt()), fmt.Sprint(c.made, c.inDoubt); got != want {
				t.Errorf("made, in doubt: %s, want %s (%v)", got, want, err)
			}
			if datastore.Partial(err) != (c.name == "too few copies") {
				t.Errorf("got partial %t of %v, want it of too few copies only", datastore.Partial(err), err)
			}
		})
	}
}

// Every way of writing refuses a 202 and reports it to OnPartial. A show may answer 202.
func TestTooFewCopiesIsNoSuccess(t *testing.T) {
	var partial atomic.Int64
	f := behindFaults(t, document)
	c, err := datastore.Open(datastore.Config{URL: "http://" + f.Address(), OnPartial: func() { partial.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	f.Set(faultproxy.Status(202, `[{"ok":true,"id":"doc","rev":"1-a","accepted":true}]`))
	db := c.Database("db")
	doc := datastore.Document{"_id": "doc"}
	writes := map[string]func() error{
		"create": func() error { _, err := db.Create(t.Context(), doc); return err },
		"save": func() error {
			_, err := db.Save(t.Context(), datastore.Document{"_id": "doc", "_rev": "1-a"})
			return err
		},
		"delete": func() error { return db.Delete(t.Context(), "doc", "1-a") },
		"bulk":   func() error { _, err := db.BulkSave(t.Context(), []datastore.Document{doc}); return err },
		"copy": func() error {
			return db.StoreRevisions(t.Context(), []json.RawMessage{json.RawMessage(`{"_id":"doc","_rev":"1-a"}`)})
		},
		"ask": func() error { return c.Ask(t.Context(), "PUT", "/db/_security", map[string]any{}, nil) },
	}
	for name, write := range writes {
		if err := write(); !datastore.Partial(err) || !errors.Is(err, datastore.ErrUnreachable) {
			t.Errorf("%s: %v, want ErrUnreachable and that too few copies took it", name, err)
		}
	}
	if n := partial.Load(); n != int64(len(writes)) {
		t.Errorf("%d were counted, want %d", n, len(writes))
	}
	resp, err := c.Raw(t.Context(), "POST", "/db/_design/d/_show/wh/doc", "", nil, nil)
	if err != nil || resp.StatusCode != 202 {
		t.Errorf("a show: %v %v, want its own 202", resp, err)
	}
	_ = resp.Body.Close()
}
