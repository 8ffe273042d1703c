package couchnode

import (
	"encoding/binary"
	"errors"
	"fmt"

	"callfn/internal/couchnode/revtree"
)

// recordVersion begins every stored document. Layout, all numbers unsigned varints:
//
//	version byte, sequence, number of leaves,
//	per leaf: flags (1 = deleted), generation, number of ids, per id: length and bytes, length of the body,
//	then the bodies in the order of the leaves.
//
// Everything but the bodies comes first, so that a change feed does not touch the pages of large documents.
const recordVersion = 1

var errCorrupt = errors.New("couchnode: corrupt document record")

// record is one document: every revision that has no successor, and the sequence of the last change to them.
type record struct {
	seq  uint64
	tree revtree.Tree
}

func (r *record) encode() []byte {
	size := 32
	for _, l := range r.tree {
		size += 32 + 17*len(l.IDs) + len(l.Body)
	}
	b := make([]byte, 0, size)
	b = append(b, recordVersion)
	b = binary.AppendUvarint(b, r.seq)
	b = binary.AppendUvarint(b, uint64(len(r.tree)))
	for _, l := range r.tree {
		var flags byte
		if l.Deleted {
			flags = 1
		}
		b = append(b, flags)
		b = binary.AppendUvarint(b, uint64(l.Gen))
		b = binary.AppendUvarint(b, uint64(len(l.IDs)))
		for _, id := range l.IDs {
			b = binary.AppendUvarint(b, uint64(len(id)))
			b = append(b, id...)
		}
		b = binary.AppendUvarint(b, uint64(len(l.Body)))
	}
	for _, l := range r.tree {
		b = append(b, l.Body...)
	}
	return b
}

// decodeRecord reads what encode wrote. Bodies alias b: they live as long as its transaction.
func decodeRecord(b []byte) (*record, error) {
	d := decoder{b: b}
	if v := d.byte(); v != recordVersion {
		return nil, fmt.Errorf("%w: unknown version %d", errCorrupt, v)
	}
	r := &record{seq: d.uint()}
	n := d.count()
	r.tree = make(revtree.Tree, n)
	sizes := make([]uint64, n)
	for i := range r.tree {
		l := &r.tree[i]
		l.Deleted = d.byte()&1 == 1
		l.Gen = int64(d.uint())
		l.IDs = make([]revtree.ID, d.count())
		for j := range l.IDs {
			l.IDs[j] = revtree.ID(d.bytes(d.uint()))
		}
		sizes[i] = d.uint()
	}
	for i := range r.tree {
		r.tree[i].Body = d.bytes(sizes[i])
	}
	if d.failed || len(d.b) != 0 || n == 0 {
		return nil, errCorrupt
	}
	return r, nil
}

// decoder reads a record; after a failure it returns zeros.
type decoder struct {
	b      []byte
	failed bool
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.failed = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.failed, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads a number of things that each take at least one more byte.
func (d *decoder) count() int {
	v := d.uint()
	if v > uint64(len(d.b)) {
		d.failed, d.b = true, nil
		return 0
	}
	return int(v)
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.failed, d.b = true, nil
		return nil
	}
	out := d.b[:n:n]
	d.b = d.b[n:]
	return out
}
