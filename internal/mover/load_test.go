package mover_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/mover"
	"callfn/internal/storageplan"
)

// writer writes its own documents through one process's view of the plan, and remembers what was acknowledged.
type writer struct {
	name    string
	r       *storageplan.Resolver
	random  *rand.Rand
	born    int
	ids     []string                      // the documents that it keeps changing
	docs    map[string]datastore.Document // as acknowledged; nil for deleted, absent for never acknowledged
	partial map[string]datastore.Document // writes that less than a majority of copies took; nil for a deletion
	longest time.Duration
	refused int
}

func newWriter(name string, r *storageplan.Resolver, random *rand.Rand) *writer {
	return &writer{
		name: name, r: r, random: random,
		docs: map[string]datastore.Document{}, partial: map[string]datastore.Document{},
	}
}

// write makes one change. Every write must be acknowledged, taken by too few copies of a loaded cluster, or refused by
// the fence: nothing is wrong but that the database moves.
func (w *writer) write(ctx context.Context) error {
	db, err := w.r.Resolve(datastore.Functions, "function")
	if err != nil {
		return err
	}
	begun := time.Now()
	defer func() { w.longest = max(w.longest, time.Since(begun)) }()
	if len(w.ids) == 0 || w.random.IntN(3) == 0 {
		id := fmt.Sprintf("%s-%d", w.name, w.born)
		doc := datastore.Document{"_id": id, "text": "born <&>", "n": json.Number("9007199254740991")}
		saved, err := db.Create(ctx, doc)
		switch {
		case datastore.Partial(err):
			w.born++
			w.partial[id] = doc
			return nil
		case err != nil:
			return err
		}
		w.born++
		w.docs[id], w.ids = saved, append(w.ids, id)
		return nil
	}
	id := w.ids[w.random.IntN(len(w.ids))]
	var saved datastore.Document // nil for a deletion
	next, was := datastore.Document(nil), w.docs[id]
	if was != nil && w.random.IntN(4) == 0 {
		err = db.Delete(ctx, id, was.Rev())
	} else {
		next = w.changed(id, was)
		saved, err = db.Save(ctx, next)
	}
	switch {
	case datastore.Partial(err): // its revision is unknown: it is left alone from here on
		w.partial[id] = next
		w.ids = slices.DeleteFunc(w.ids, func(other string) bool { return other == id })
		return nil
	case err == nil:
		w.docs[id] = saved
	}
	return err
}

// changed returns the next version of a document. A deleted one comes back.
func (w *writer) changed(id string, was datastore.Document) datastore.Document {
	if was == nil {
		return datastore.Document{"_id": id, "text": "born again"}
	}
	next := datastore.Document{"changes": w.random.IntN(1000)}
	for key, value := range was {
		if _, ok := next[key]; !ok {
			next[key] = value
		}
	}
	return next
}

// written returns how many documents had an acknowledged write.
func (w *writer) written() int { return len(w.docs) }

// check compares what was acknowledged with what is there. A write that too few copies took may or may not be there;
// acknowledged writes before it must be.
func (w *writer) check(t *testing.T, db *datastore.Database) {
	t.Helper()
	for id, want := range w.docs {
		got, err := db.Get(t.Context(), id)
		if next, partial := w.partial[id]; partial && isThere(t, got, err, next) {
			continue
		}
		if want == nil {
			if !errors.Is(err, datastore.ErrNotFound) {
				t.Errorf("%s was deleted: got %v, error %v; want none", id, got, err)
			}
			continue
		}
		if diff := cmp.Diff(asJSON(t, want), asJSON(t, got)); diff != "" || err != nil {
			t.Errorf("%s: error %v, want what was acknowledged (-acknowledged +found):\n%s", id, err, diff)
		}
	}
	for id, next := range w.partial {
		if _, acknowledged := w.docs[id]; acknowledged {
			continue
		}
		got, err := db.Get(t.Context(), id)
		if !isThere(t, got, err, nil) && !isThere(t, got, err, next) {
			t.Errorf("%s, which too few copies took: got %v, error %v; want none, or %v", id, got, err, next)
		}
	}
}

// isThere reports whether an answer is a document, with any revision, or its deletion if doc is nil.
func isThere(t *testing.T, got datastore.Document, err error, want datastore.Document) bool {
	t.Helper()
	if want == nil {
		return errors.Is(err, datastore.ErrNotFound)
	}
	withoutRev := func(doc datastore.Document) string {
		doc = maps.Clone(doc)
		delete(doc, "_rev")
		return asJSON(t, doc)
	}
	return err == nil && withoutRev(got) == withoutRev(want)
}

// asJSON returns a document with its members ordered by name: a server puts _rev anywhere.
func asJSON(t *testing.T, doc datastore.Document) string {
	t.Helper()
	var members map[string]json.RawMessage
	text, err := json.Marshal(doc)
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	if err == nil {
		text, err = json.Marshal(members)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func oneLeafEach(t *testing.T, db *datastore.Database) {
	t.Helper()
	all, err := db.LeavesSince(t.Context(), "", 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range all.Documents {
		if len(doc.Revs) != 1 {
			t.Errorf("%s has the open revisions %v, want one", doc.ID, doc.Revs)
		}
	}
}

// mortal runs movers that die between two random steps, until the move is in the wanted state.
func mortal(t *testing.T, s site, r *storageplan.Resolver, id string, random *rand.Rand,
	want storageplan.MigrationState,
) (deaths int) {
	t.Helper()
	end := time.Now().Add(time.Minute)
	for {
		var dead atomic.Bool
		lives := random.IntN(8) // steps
		m := s.mover(t, r, func(step string) error {
			if lives--; lives < 0 || dead.Load() {
				dead.Store(true)
				return errors.New("killed")
			}
			return nil
		})
		for !dead.Load() {
			status, err := m.Get(t.Context(), id)
			if err == nil && status.State == want {
				m.Close()
				return deaths
			}
			if time.Now().After(end) {
				m.Close()
				t.Fatalf("after %d deaths: got the move %+v, error %v; want it %s", deaths, status, err, want)
			}
			time.Sleep(5 * time.Millisecond)
		}
		m.Close()
		deaths++
	}
}

// pace is a writer's pause, so that the servers can cope with the load. pouchdb-server takes less than a hundred writes
// a second beside a move.
const pace = 40 * time.Millisecond

// Writers of two processes write all the time while the functions move there and back and their mover dies repeatedly.
func TestNothingIsLostUnderLoad(t *testing.T) {
	eachSite(t, func(t *testing.T, s site) {
		seed := time.Now().UnixNano()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		var writers []*writer
		failed := make(chan error, 8)
		var running sync.WaitGroup
		var made atomic.Int64
		awaitWrites := func(where string) {
			t.Helper()
			until := made.Load() + 8
			await.True(t, "eight more writes "+where, func() bool { return made.Load() >= until || len(failed) > 0 })
		}
		processes := []*storageplan.Resolver{s.resolver(t), s.resolver(t)}
		for i := range 4 {
			w := newWriter(fmt.Sprint("writer", i), processes[i%2], rand.New(rand.NewPCG(uint64(seed), uint64(i+10))))
			writers = append(writers, w)
			running.Go(func() {
				for ctx.Err() == nil {
					err := w.write(context.WithoutCancel(ctx))
					if datastore.Fenced(err) { // it waited as long as it may, and nothing was stored
						w.refused++
						continue
					}
					made.Add(1)
					if err != nil {
						failed <- fmt.Errorf("%s: %w", w.name, err)
						return
					}
					time.Sleep(pace)
				}
			})
		}
		starter := s.mover(t, processes[0], func(string) error { return errors.New("this one only starts") })
		defer starter.Close()
		var started storageplan.Migration
		var err error
		if started, err = starter.Start(ctx, datastore.Functions, storageplan.Local, elsewhere); err != nil {
			t.Fatal(err)
		}
		deaths := mortal(t, s, processes[0], started.ID, random, storageplan.Switched)
		there := awaitHome(t, processes[0], elsewhere)
		awaitWrites("at the new place")
		if _, err := starter.Rollback(ctx, started.ID); err != nil {
			t.Fatal(err)
		}
		deaths += mortal(t, s, processes[1], started.ID, random, storageplan.RolledBack)
		back := awaitHome(t, processes[0], storageplan.Local)
		awaitWrites("after the way back")
		stop()
		running.Wait()
		close(failed)
		for err := range failed {
			t.Error(err)
		}
		written := 0
		for _, w := range writers {
			w.check(t, back)
			written += w.written()
			t.Logf("%s: %d documents, longest wait %s, %d writes refused, %d taken by too few copies", w.name, w.written(),
				w.longest.Round(time.Millisecond), w.refused, len(w.partial))
		}
		oneLeafEach(t, back)
		oneLeafEach(t, there)
		if written < 20 || deaths == 0 {
			t.Errorf("%d documents and %d deaths, want at least 20 and one: that proves nothing", written, deaths)
		}
		t.Logf("%d documents, %d deaths", written, deaths)
	})
}

var _ mover.Places = (*storageplan.Resolver)(nil)
