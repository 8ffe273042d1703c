package mover_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/mover"
	"callfn/internal/storageplan"
)

// killer writes at every step of a move the first two times it is reached, and kills the mover there the first time.
type killer struct {
	t       *testing.T
	process *storageplan.Resolver // which writes

	mu      sync.Mutex
	reached map[string]int
	writers []*writer
	writing sync.WaitGroup
}

// atStep begins four writes, gives them a moment, and then kills. Behind the fence they last until the switch.
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
				k.t.Errorf("%s: got error %v, want the write done, or refused by the fence", w.name, err)
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
	w := &writer{
		name: fmt.Sprintf("%s-%d", strings.ReplaceAll(step, " ", "-"), n), r: k.process,
		random: rand.New(rand.NewPCG(1, uint64(n))), docs: map[string]datastore.Document{},
	}
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

// A database moves while another process writes at every step, and the mover dies at every step. An empty one is no
// exception.
func TestNothingIsLostAtAnyStep(t *testing.T) {
	for _, documents := range []int{0, 30} {
		for _, end := range []storageplan.MigrationState{storageplan.Finished, storageplan.RolledBack} {
			t.Run(fmt.Sprintf("%d documents %s", documents, end), func(t *testing.T) {
				eachSite(t, func(t *testing.T, s site) { nothingIsLost(t, s, documents, end) })
			})
		}
	}
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
		written += len(w.ids)
	}
	oneLeafEach(t, db)
	for _, step := range []string{
		"lease", "copying", "opened", "copied", "warmed", "fenced", "fence up", "verified", "switched", "swept",
	} {
		if k.reached[step] == 0 {
			t.Errorf("the step %q was never reached; got %v", step, k.reached)
		}
	}
	if written < 20 {
		t.Errorf("got %d documents written on the way, want at least 20", written)
	}
}
