package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"callfn/internal/datastore"
)

// Watch is told what became of writes to the datastores. The zero value watches nothing.
type Watch struct {
	CountPartial func()
	Health       *WriteHealth
}

// partial logs writes that too few nodes of a cluster took, and counts them where they are counted.
func (w Watch) partial(log *slog.Logger, connection string) func() {
	return func() {
		if w.CountPartial != nil {
			w.CountPartial()
		}
		log.Error("refused a write that too few nodes of CouchDB took: see that its nodes are up",
			"connection", connection)
	}
}

// written notes each write's end; nil where nobody wants to know.
func (w Watch) written(connection string) func(failed error) {
	if w.Health == nil {
		return nil
	}
	return func(failed error) { w.Health.note(connection, failed) }
}

// WriteHealth knows which datastores fail to write, and which of them for want of room. The zero WriteHealth knows of
// none.
type WriteHealth struct {
	mu     sync.Mutex
	all    uint64
	noRoom uint64
	full   map[string]bool // connections whose last write failed for want of room
	probed time.Time       // when a full one was last written to, to see whether it has room again
}

func (h *WriteHealth) note(connection string, failed error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case failed == nil:
		delete(h.full, connection)
		return
	case datastore.NoRoom(failed):
		h.noRoom++
		if h.full == nil {
			h.full = map[string]bool{}
		}
		h.full[connection] = true
	}
	h.all++
}

// failed counts writes that failed, and those of them that did for want of room.
func (h *WriteHealth) failed() (all, noRoom uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all, h.noRoom
}

// fullOnes names the connections that have no room, and says whether it is time to write to them again.
func (h *WriteHealth) fullOnes(now time.Time) (names []string, probe bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.full) > 0 && now.Sub(h.probed) >= time.Second {
		h.probed, probe = now, true
	}
	return slices.Sorted(maps.Keys(h.full)), probe
}

// room is nil, or says which datastore's disk is full. A full one is written to, at most once a second, to see whether
// it has room again: without that a service that nobody sends anything, because it is not ready, would never hear of
// it.
func (h *WriteHealth) room(ctx context.Context, stores datastore.Resolver, now func() time.Time) error {
	names, probe := h.fullOnes(now())
	if probe {
		for _, name := range names {
			h.probe(ctx, stores, name)
		}
		names, _ = h.fullOnes(now())
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("the disk of the datastore (%s) is full: nothing can be stored until there is room; functions go "+
		"on running", strings.Join(names, ", "))
}

// probeBytes is as much as a usual write takes: a few bytes find room on a disk that has none for a document.
const probeBytes = 256 << 10

// probe writes a local document, which is replicated nowhere, to a database of the connection, and removes it. note
// hears of the outcome.
func (h *WriteHealth) probe(ctx context.Context, stores datastore.Resolver, connection string) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	for _, name := range datastore.Databases() {
		db, err := stores.Resolve(name, "")
		if err != nil || db.Connection().Name() != connection {
			continue
		}
		nonce, err := datastore.NewID(rand.Reader)
		if err != nil {
			return
		}
		mark, err := db.Create(ctx, datastore.Document{"_id": "_local/callfn-room-" + nonce, "room": strings.Repeat("x",
			probeBytes)})
		if err == nil {
			_ = db.Delete(context.WithoutCancel(ctx), mark.ID(), mark.Rev())
		}
		if !errors.Is(err, datastore.ErrDatabaseMissing) {
			return
		}
	}
}
