package mover_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/mover"
	"callfn/internal/storageplan"
)

// killer writes at every step of a move the first two times it is reached, and kills the mover there the first time.
type killer struct {
	t       *testing.T
	process *storageplan.Resolver // the process that writes

	mu      sync.Mutex
	reached map[string]int
	writers []*writer
	writing sync.WaitGroup
}

// atStep begins four writes, waits a moment, and then kills. Behind the fence the writes last until the switch.
func (k *killer) atStep(step string) error {
	k.mu.Lock()
	k.reached[step]++
	times := k.reached[step]
	k.mu.Unlock()
	if times > 2 {
		return nil
	}
	w := k.newWriter(step)
	begun := make(chan struct{})
	k.writing.Go(func() {
		defer close(begun)
		for range 4 {
			err := w.write(context.WithoutCancel(k.t.Context()))
			if datastore.Fenced(err) {
				w.refused++
			} else if err != nil {
				k.t.Errorf("%s: got error %v, want the write done, taken by too few copies, or refused by the fence", w.name, err)
			}
		}
	})
	select {
	case <-begun:
	case <-time.After(30 * time.Millisecond):
	}
	if times == 1 {
		return errors.New("killed")
	}
	return nil
}

func (k *killer) newWriter(step string) *writer {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := len(k.writers)
	name := fmt.Sprintf("%s-%d", strings.ReplaceAll(step, " ", "-"), n)
	w := newWriter(name, k.process, rand.New(rand.NewPCG(1, uint64(n))))
	k.writers = append(k.writers, w)
	return w
}

// run starts movers, one after the death of another, until the move is in a state.
func (k *killer) run(s site, r *storageplan.Resolver, id string, want storageplan.MigrationState) {
	k.t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		dead := make(chan struct{})
		var once sync.Once
		m := s.moverWith(k.t, mover.Config{
			Places: r, Holder: "the only one", Now: time.Now, Lease: 400 * time.Millisecond,
			AtStep: func(step string) error {
				select {
				case <-dead:
					return errors.New("dead already")
				default:
				}
				err := k.atStep(step)
				if err != nil {
					once.Do(func() { close(dead) })
				}
				return err
			},
		})
		for alive := true; alive; {
			status, err := m.Get(k.t.Context(), id)
			if err == nil && status.State == want {
				m.Close()
				return
			}
			if time.Now().After(end) {
				m.Close()
				k.t.Fatalf("got the move %+v, error %v; want it %s", status, err, want)
			}
			select {
			case <-dead:
				alive = false
			case <-time.After(5 * time.Millisecond):
			}
		}
		m.Close()
	}
}

// A database moves while another process writes at every step, and the mover dies at every step. The same holds for an
// empty one.
func TestNothingIsLostAtAnyStep(t *testing.T) {
	for _, documents := range []int{0, 30} {
		for _, end := range []storageplan.MigrationState{storageplan.Finished, storageplan.RolledBack} {
			t.Run(fmt.Sprintf("%d documents %s", documents, end), func(t *testing.T) {
				eachSite(t, func(t *testing.T, s site) { nothingIsLost(t, s, documents, end) })
			})
		}
	}
}

// On a loaded cluster a write may be answered 202, because less than a majority of copies took it. It may be there
// later, or not. Acknowledged writes are there all the same.
func TestNothingIsLostWhenTooFewCopiesWrite(t *testing.T) {
	address, taken := tooFewCopies(t, startNode(t))
	nothingIsLost(t, newSiteFrom(t, startNode(t), address), 30, storageplan.Finished)
	if n := taken.Load(); n < 4 {
		t.Errorf("got %d writes that too few copies took, want at least 4: that proves nothing", n)
	}
}

// tooFewCopies is a proxy in front of a node that answers 202 to every fourth write of one document. It passes on every
// other of those.
func tooFewCopies(t *testing.T, node string) (address string, answered *atomic.Int64) {
	t.Helper()
	to, err := url.Parse(node)
	if err != nil {
		t.Fatal(err)
	}
	var writes atomic.Int64
	answered = &atomic.Int64{}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, document, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		ofWriter := strings.Contains(document, "-") && (r.Method == http.MethodPut || r.Method == http.MethodDelete)
		if !ofWriter || writes.Add(1)%4 != 0 {
			proxy.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		if answered.Add(1)%2 == 0 {
			proxy.ServeHTTP(answer, r)
		}
		if answer.Code < http.StatusBadRequest {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"ok":true,"id":"x","rev":"1-a"}`)
			return
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL, answered
}

func nothingIsLost(t *testing.T, s site, documents int, end storageplan.MigrationState) {
	fill(t, s.database(s.local, datastore.Functions), 0, documents)
	r := s.resolver(t)
	k := &killer{t: t, process: s.resolver(t), reached: map[string]int{}}
	starter := s.mover(t, r, func(string) error { return errors.New("this one only starts") })
	defer starter.Close()
	started, err := starter.Start(t.Context(), datastore.Functions, storageplan.Local, elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	k.run(s, r, started.ID, storageplan.Switched)
	home, ask := elsewhere, starter.Finish
	if end == storageplan.RolledBack {
		home, ask = storageplan.Local, starter.Rollback
		k.mu.Lock()
		clear(k.reached) // the same steps, on the way back
		k.mu.Unlock()
	}
	if _, err := ask(t.Context(), started.ID); err != nil {
		t.Fatal(err)
	}
	k.run(s, r, started.ID, end)
	k.writing.Wait()

	db := awaitHome(t, r, home)
	for n := range documents {
		has(t, db, n, true)
	}
	written := 0
	for _, w := range k.writers {
		w.check(t, db)
		written += w.written()
	}
	oneLeafEach(t, db)
	for _, step := range []string{
		"lease", "copying", "opened", "copied", "warmed", "fenced", "fence up", "verified", "switched", "swept",
	} {
		if k.reached[step] == 0 {
			t.Errorf("got the steps %v, want %q among them", k.reached, step)
		}
	}
	if written < 20 {
		t.Errorf("got %d documents written on the way, want at least 20", written)
	}
}
