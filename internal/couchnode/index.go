package couchnode

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"callfn/internal/boltfile"
	"callfn/internal/strictjson"

	bolt "go.etcd.io/bbolt"
)

// An index holds the rows of all map functions of one signature, its values sealed:
//
//	seq    the database's sequence that the index has caught up with
//	back   document id → where its rows are: per row the function's number and the row's key
//	rN     rows of function N: encoded key + document id + row number (4 bytes) →
//	       length of the encoded key, length of the JSON key, JSON key, JSON value
//	nN     how many rows rN has
//
// The row number starts with a zero byte and document ids hold none, so rows order by key, then by document.
var (
	keyIndexSeq = []byte("seq")
	bucketBack  = []byte("back")
)

func rowsBucket(fun int) []byte { return fmt.Appendf(nil, "r%d", fun) }
func countKey(fun int) []byte   { return fmt.Appendf(nil, "n%d", fun) }

const (
	// indexBatch is how many changes are indexed at once; indexBatchBytes bounds the documents among them.
	indexBatch      = 500
	indexBatchBytes = 4 << 20
	// maxEncodedKey leaves room in a bbolt key (32,768 bytes) for the document id and the row number.
	maxEncodedKey = bolt.MaxKeySize - maxIDBytes - 4
	// maxRowsPerDoc bounds the rows that one function may emit for one document.
	maxRowsPerDoc = 10_000
)

// change is one document whose rows in an index must be replaced.
type change struct {
	id  string
	doc []byte // nil: the document has no rows any more
}

// updateIndex brings an index up to date with the database. It works in batches that are each durable, so an
// interrupted update continues where it stopped. Only one update of an index runs at a time.
func (rq *request) updateIndex(ctx context.Context, spec *indexSpec) error {
	unlock, err := rq.db.lockIndex(ctx, spec.sig)
	if err != nil {
		return err
	}
	defer unlock()
	// The update covers writes up to now only. Later ones are for the next query, so that a busy writer cannot delay this
	// one.
	target, err := rq.currentSeq(rq.db)
	if err != nil {
		return err
	}
	for {
		from, to, batch, err := rq.pendingChanges(spec)
		if err != nil || from >= target {
			return err
		}
		rows, err := rq.mapBatch(ctx, spec, batch)
		if err != nil {
			return err
		}
		if err := rq.applyBatch(spec, from, to, batch, rows); err != nil {
			return err
		}
	}
}

// pendingChanges reads the next changes after the index's sequence.
func (rq *request) pendingChanges(spec *indexSpec) (from, to uint64, batch []change, err error) {
	err = rq.view(rq.db, func(d *dbTx) error {
		from, err = indexSeq(d.views().Bucket([]byte(spec.sig)))
		return err
	})
	if err == nil {
		to, batch, err = rq.changesAfter(spec, from)
	}
	return from, to, batch, err
}

// changesAfter reads the next changes after a sequence.
func (rq *request) changesAfter(spec *indexSpec, from uint64) (to uint64, batch []change, err error) {
	to = from
	err = rq.view(rq.db, func(d *dbTx) error {
		size := 0
		c := d.seqs.Cursor()
		for k, v := c.Seek(seqKey(from + 1)); k != nil && len(batch) < indexBatch && size < indexBatchBytes; k, v = c.Next() {
			to = binary.BigEndian.Uint64(k)
			ch := change{id: string(v)}
			r, err := d.changed(to, ch.id)
			if err != nil {
				return err
			}
			if !r.tree.Deleted() && (spec.includeDesign || !strings.HasPrefix(ch.id, designPrefix)) {
				ch.doc, err = appendDoc(nil, ch.id, r, r.tree.Winner(), docMeta{conflicts: true, deletedConflicts: true})
				if err != nil {
					return err
				}
				size += len(ch.doc)
			}
			batch = append(batch, ch)
		}
		return nil
	})
	return to, batch, err
}

// indexSeq returns the sequence that an index has reached, or 0 if the index does not exist yet.
func indexSeq(idx *bolt.Bucket) (uint64, error) {
	if idx == nil {
		return 0, nil
	}
	return indexNumber(idx, keyIndexSeq)
}

// indexNumber reads a number stored in an index, or 0 if there is none.
func indexNumber(idx *bolt.Bucket, key []byte) (uint64, error) {
	b, err := getSealed(idx, key)
	switch {
	case err != nil || len(b) != 0 && len(b) != 8:
		return 0, errIndex
	case len(b) == 0:
		return 0, nil
	}
	return binary.BigEndian.Uint64(b), nil
}

// errIndex reports a damaged index. The query that finds it rebuilds the index.
var errIndex = &CorruptError{Index: true, Cause: boltfile.ErrCorrupt}

// mapBatch runs the map functions on the live documents of a batch. rows[i][f] belongs to batch[i].
func (rq *request) mapBatch(ctx context.Context, spec *indexSpec, batch []change) ([][][]Row, error) {
	var docs []json.RawMessage
	for _, ch := range batch {
		if ch.doc != nil {
			docs = append(docs, ch.doc)
		}
	}
	rows := make([][][]Row, len(batch))
	if len(docs) == 0 || len(spec.funs) == 0 {
		return rows, nil
	}
	if rq.engine == nil {
		return nil, notImplemented("this node has no engine for views")
	}
	mapped, err := rq.engine.Map(ctx, spec.language, spec.funs, docs)
	if err != nil {
		return nil, err
	}
	if len(mapped) != len(docs) {
		return nil, fmt.Errorf("the engine mapped %d documents of %d", len(mapped), len(docs))
	}
	next := 0
	for i, ch := range batch {
		if ch.doc == nil {
			continue
		}
		if rows[i] = mapped[next]; len(rows[i]) != len(spec.funs) {
			return nil, fmt.Errorf("the engine ran %d map functions of %d", len(rows[i]), len(spec.funs))
		}
		next++
	}
	return rows, nil
}

// indexRow is a row ready to store.
type indexRow struct {
	fun        int
	key, value []byte
}

// encodeRows turns what a document emitted into rows. A function whose rows cannot be stored has none for this
// document, as if it had thrown. The log names the document and the reason.
func (n *Node) encodeRows(id string, emitted [][]Row) []indexRow {
	var out []indexRow
	for fun, rows := range emitted {
		start := len(out)
		for i, row := range rows {
			r, err := n.encodeRow(id, fun, i, row)
			if err == nil && i >= maxRowsPerDoc {
				err = fmt.Errorf("more than %d rows", maxRowsPerDoc)
			}
			if err != nil {
				n.opts.Logger.Warn("couchnode: left a document out of a view",
					slog.String("document", id), slog.Int("function", fun), slog.Any("error", err))
				out = out[:start]
				break
			}
			out = append(out, r)
		}
	}
	return out
}

func (n *Node) encodeRow(id string, fun, number int, row Row) (indexRow, error) {
	key, err := compactOrNull(row.Key)
	if err != nil {
		return indexRow{}, err
	}
	value, err := compactOrNull(row.Value)
	if err != nil {
		return indexRow{}, err
	}
	stored := n.collate.Append(nil, key)
	if len(stored) > maxEncodedKey {
		return indexRow{}, fmt.Errorf("a key of %d bytes is too long for this node", len(key))
	}
	v := binary.AppendUvarint(nil, uint64(len(stored)))
	v = binary.AppendUvarint(v, uint64(len(key)))
	v = append(append(v, key...), value...)
	stored = append(stored, id...)
	return indexRow{fun: fun, key: binary.BigEndian.AppendUint32(stored, uint32(number)), value: v}, nil
}

// compactOrNull checks a key or value and turns undefined into null.
func compactOrNull(v json.RawMessage) ([]byte, error) {
	if len(v) == 0 {
		return []byte("null"), nil
	}
	return strictjson.Compact(nil, v, strictjson.DefaultMaxDepth)
}

// applyBatch replaces the rows of a batch's documents.
func (rq *request) applyBatch(spec *indexSpec, from, to uint64, batch []change, emitted [][][]Row) error {
	encoded := make([][]indexRow, len(batch))
	for i, ch := range batch {
		encoded[i] = rq.encodeRows(ch.id, emitted[i])
	}
	return rq.update(rq.db, func(_ *writeTx, d *dbTx) error {
		live, err := rq.liveIndexes(d)
		if err != nil {
			return err
		}
		if !live[spec.sig] {
			return errDDocGone
		}
		idx, err := d.views().CreateBucketIfNotExists([]byte(spec.sig))
		if err != nil {
			return err
		}
		if seq, err := indexSeq(idx); err != nil || seq != from {
			return err // the index was dropped meanwhile; the next round starts over
		}
		u, err := openIndexUpdate(idx, len(spec.funs))
		if err != nil {
			return err
		}
		for i, ch := range batch {
			if err := u.replace(ch.id, encoded[i]); err != nil {
				return err
			}
		}
		return u.finish(to)
	})
}

// indexUpdate writes to an index.
type indexUpdate struct {
	idx, back *bolt.Bucket
	rows      []*bolt.Bucket
	counts    []uint64
}

func openIndexUpdate(idx *bolt.Bucket, funs int) (*indexUpdate, error) {
	u := &indexUpdate{idx: idx}
	var err error
	if u.back, err = idx.CreateBucketIfNotExists(bucketBack); err != nil {
		return nil, err
	}
	for fun := range funs {
		b, err := idx.CreateBucketIfNotExists(rowsBucket(fun))
		if err != nil {
			return nil, err
		}
		u.rows = append(u.rows, b)
		n, err := rowCount(idx, fun)
		if err != nil {
			return nil, err
		}
		u.counts = append(u.counts, n)
	}
	return u, nil
}

func rowCount(idx *bolt.Bucket, fun int) (uint64, error) { return indexNumber(idx, countKey(fun)) }

// replace removes a document's rows and stores new ones.
func (u *indexUpdate) replace(id string, rows []indexRow) error {
	old, err := storedRows(u.back, id)
	if err != nil {
		return err
	}
	for _, row := range old {
		if row.fun >= len(u.rows) {
			return errIndex
		}
		if err := u.rows[row.fun].Delete(row.key); err != nil {
			return err
		}
		u.counts[row.fun]--
	}
	if len(rows) == 0 {
		if len(old) > 0 {
			return u.back.Delete([]byte(id))
		}
		return nil
	}
	var back []byte
	for _, r := range rows {
		if err := putSealed(u.rows[r.fun], r.key, r.value); err != nil {
			return err
		}
		u.counts[r.fun]++
		back = binary.AppendUvarint(back, uint64(r.fun))
		back = binary.AppendUvarint(back, uint64(len(r.key)))
		back = append(back, r.key...)
	}
	return putSealed(u.back, []byte(id), back)
}

// storedRows lists an index's rows of a document, without their values.
func storedRows(back *bolt.Bucket, id string) ([]indexRow, error) {
	places, err := getSealed(back, []byte(id))
	if err != nil {
		return nil, errIndex
	}
	var rows []indexRow
	for d := (decoder{b: bytes.Clone(places)}); len(d.b) > 0; {
		fun := d.uint()
		key := d.bytes(d.uint())
		if d.failed || fun > maxViewFunctions {
			return nil, errIndex
		}
		rows = append(rows, indexRow{fun: int(fun), key: key})
	}
	return rows, nil
}

// maxViewFunctions is larger than the number of map functions in any design document.
const maxViewFunctions = 1 << 20

func (u *indexUpdate) finish(seq uint64) error {
	for fun, n := range u.counts {
		if err := putSealed(u.idx, countKey(fun), binary.BigEndian.AppendUint64(nil, n)); err != nil {
			return err
		}
	}
	return putSealed(u.idx, keyIndexSeq, seqKey(seq))
}

// liveIndexes lists the signatures in use by the database's design documents.
func (n *Node) liveIndexes(d *dbTx) (map[string]bool, error) {
	live := map[string]bool{}
	c := d.docs.Cursor()
	for k, v := c.Seek([]byte(designPrefix)); k != nil && strings.HasPrefix(string(k), designPrefix); k, v = c.Next() {
		r, err := d.decode(k, v)
		if err != nil {
			return nil, err
		}
		if r.tree.Deleted() {
			continue
		}
		body, err := body(r.tree.Winner())
		if err != nil {
			return nil, &CorruptError{Database: d.name, Document: string(k), Cause: err}
		}
		if ddoc, err := parseDesign(body); err == nil {
			live[ddoc.index.sig] = true
		}
	}
	return live, nil
}

// pruneIndexes drops the indexes that no design document uses.
func (n *Node) pruneIndexes(d *dbTx) error {
	live, err := n.liveIndexes(d)
	if err != nil {
		return err
	}
	var dead [][]byte
	err = d.views().ForEachBucket(func(sig []byte) error {
		if !live[string(sig)] {
			dead = append(dead, append([]byte(nil), sig...))
		}
		return nil
	})
	for _, sig := range dead {
		if err == nil {
			err = d.views().DeleteBucket(sig)
		}
	}
	return err
}
