package couchnode

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sort"
	"strings"
	"syscall"
	"time"

	"callfn/internal/boltfile"

	bolt "go.etcd.io/bbolt"
)

const (
	// overlayBytes bounds the documents that an overlay is built from.
	overlayBytes    = 32 << 20
	overlayLogPause = 10 * time.Second
)

// overlay holds in memory what an index lacks: the rows of documents that changed since its last update. On a full disk
// an index cannot be updated. Without the overlay, queries would then omit documents, or fail and so keep everybody
// from logging in.
type overlay struct {
	changed  map[string]bool // documents whose stored rows are outdated
	rows     [][]indexRow    // by function, sorted by key, their values sealed
	replaced []uint64        // by function: number of outdated stored rows
	seq      uint64          // sequence that the overlay reaches
}

// noRoom reports whether an error means that the disk is full. bbolt keeps only the text of some errors.
func noRoom(err error) bool {
	return err != nil && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		strings.Contains(err.Error(), syscall.ENOSPC.Error()))
}

// overlayFor builds the overlay of an index. full is the error that prevented the index update; overlayFor returns it
// if the overlay would be too large.
func (rq *request) overlayFor(ctx context.Context, spec *indexSpec, full error) (*overlay, error) {
	funs := len(spec.funs)
	o := &overlay{changed: map[string]bool{}, rows: make([][]indexRow, funs), replaced: make([]uint64, funs)}
	err := rq.view(rq.db, func(d *dbTx) (err error) {
		o.seq, err = indexSeq(d.views().Bucket([]byte(spec.sig)))
		return err
	})
	if err != nil {
		return nil, err
	}
	target, err := rq.currentSeq(rq.db)
	for size := 0; err == nil && o.seq < target; {
		var to uint64
		var batch []change
		if to, batch, err = rq.changesAfter(spec, o.seq); err != nil {
			break
		}
		for _, ch := range batch {
			size += len(ch.doc)
		}
		if size > overlayBytes {
			return nil, full
		}
		if err = rq.addToOverlay(ctx, spec, o, batch); err == nil {
			o.seq = to
		}
	}
	if err != nil {
		return nil, err
	}
	for _, rows := range o.rows {
		slices.SortFunc(rows, func(a, b indexRow) int { return bytes.Compare(a.key, b.key) })
	}
	rq.logOverlay(len(o.changed))
	return o, nil
}

// logOverlay logs that views are answered from memory, at most once per overlayLogPause.
func (rq *request) logOverlay(documents int) {
	now := time.Now().UnixNano()
	if last := rq.overlayLogged.Load(); now-last < overlayLogPause.Nanoseconds() ||
		!rq.overlayLogged.CompareAndSwap(last, now) {
		return
	}
	rq.opts.Logger.Error("couchnode: answering views from memory: the disk is full", slog.String("database", rq.db.name),
		slog.Int("documents", documents))
}

// addToOverlay adds the rows of a batch's documents.
func (rq *request) addToOverlay(ctx context.Context, spec *indexSpec, o *overlay, batch []change) error {
	emitted, err := rq.mapBatch(ctx, spec, batch)
	if err != nil {
		return err
	}
	for i, ch := range batch {
		o.changed[ch.id] = true
		for _, row := range rq.encodeRows(ch.id, emitted[i]) {
			row.value = boltfile.Seal(row.key, row.value)
			o.rows[row.fun] = append(o.rows[row.fun], row)
		}
	}
	return rq.view(rq.db, func(d *dbTx) error {
		idx := d.views().Bucket([]byte(spec.sig))
		if idx == nil || idx.Bucket(bucketBack) == nil {
			return nil
		}
		for _, ch := range batch {
			stored, err := storedRows(idx.Bucket(bucketBack), ch.id)
			if err != nil {
				return err
			}
			for _, row := range stored {
				if row.fun >= len(o.replaced) {
					return errIndex
				}
				o.replaced[row.fun]++
			}
		}
		return nil
	})
}

// scan scans the index and the overlay as one.
func (o *overlay) scan(b *bolt.Bucket, fun int, s span, visit func(k, v []byte) (bool, error)) error {
	added := o.within(fun, s)
	more := true
	// before visits the added rows before a key, or all of them.
	before := func(k []byte) (err error) {
		for len(added) > 0 && more && err == nil {
			if order := bytes.Compare(added[0].key, k); k != nil && (order > 0) != s.descending {
				return nil
			}
			more, err = visit(added[0].key, added[0].value)
			added = added[1:]
		}
		return err
	}
	err := scan(b, s, func(k, v []byte) (bool, error) {
		if err := before(k); err != nil || !more {
			return false, err
		}
		_, id, _, _, err := splitRow(k, v)
		if err != nil {
			return false, err
		}
		if o.changed[id] {
			return true, nil
		}
		more, err = visit(k, v)
		return more, err
	})
	if err != nil || !more {
		return err
	}
	return before(nil)
}

// within lists the added rows of a span, in its direction.
func (o *overlay) within(fun int, s span) []indexRow {
	rows := o.rows[fun]
	from := 0
	if s.low != nil {
		from = sort.Search(len(rows), func(i int) bool { return bytes.Compare(rows[i].key, s.low) >= 0 })
	}
	to := len(rows)
	if s.high != nil {
		to = sort.Search(len(rows), func(i int) bool { return bytes.Compare(rows[i].key, s.high) >= 0 })
	}
	rows = slices.Clone(rows[from:max(from, to)])
	if s.descending {
		slices.Reverse(rows)
	}
	return rows
}
