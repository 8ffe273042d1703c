package couchnode

import (
	"encoding/binary"

	"callfn/internal/boltfile"
	"callfn/internal/couchnode/revtree"
)

// recordVersion begins every stored document. Layout, all numbers but checksums unsigned varints:
//
//	version byte, checksum of id and head (4 bytes), head, then the bodies in the order of the leaves.
//
// The head is:
//
//	sequence, number of leaves,
//	per leaf: flags (1 = deleted), generation, number of ids, per id: length and bytes, length of the body,
//	checksum of the body (4 bytes).
//
// Everything but the bodies comes first, so that a change feed does not touch the pages of large documents. A body is
// checked when it is used, and keeps its checksum as long as it is stored: a damaged one never becomes a good one.
//
// Records of the first format (recordVersion1) have no checksums; upgrade.go rewrites them.
const (
	recordVersion  = 2
	recordVersion1 = 1
)

// record is one document: every revision without a successor, and the sequence of their last change.
type record struct {
	seq  uint64
	tree revtree.Tree
}

// encode returns the record as stored under a document's id.
func (r *record) encode(id string) []byte {
	size := 32
	for _, l := range r.tree {
		size += 32 + 17*len(l.IDs) + len(l.Body)
	}
	b := make([]byte, 0, size)
	b = append(b, recordVersion, 0, 0, 0, 0)
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
		b = binary.BigEndian.AppendUint32(b, l.Sum)
	}
	binary.BigEndian.PutUint32(b[1:], boltfile.Checksum([]byte(id), b[headStart:]))
	for _, l := range r.tree {
		b = append(b, l.Body...)
	}
	return b
}

// headStart is the offset of a record's head.
const headStart = 5

// newLeaf returns a leaf to store.
func newLeaf(path revtree.Path, deleted bool, body []byte) revtree.Leaf {
	return revtree.Leaf{Path: path, Deleted: deleted, Body: body, Sum: boltfile.Checksum(body)}
}

// decodeRecord decodes what encode returned and checks the head. Bodies alias b: they are valid as long as its
// transaction.
func decodeRecord(id, b []byte) (*record, error) {
	if len(b) < headStart || b[0] != recordVersion {
		return nil, boltfile.ErrCorrupt
	}
	d := decoder{b: b[headStart:]}
	r, sizes := d.head(true)
	sum := boltfile.Checksum(id, b[headStart:len(b)-len(d.b)])
	if d.failed || binary.BigEndian.Uint32(b[1:]) != sum || !d.bodies(r, sizes) {
		return nil, boltfile.ErrCorrupt
	}
	return r, nil
}

// decodeRecord1 decodes a record of the first format.
func decodeRecord1(b []byte) (*record, error) {
	if len(b) == 0 || b[0] != recordVersion1 {
		return nil, boltfile.ErrCorrupt
	}
	d := decoder{b: b[1:]}
	r, sizes := d.head(false)
	if !d.bodies(r, sizes) {
		return nil, boltfile.ErrCorrupt
	}
	for i := range r.tree {
		r.tree[i].Sum = boltfile.Checksum(r.tree[i].Body)
	}
	return r, nil
}

// head reads everything before the bodies.
func (d *decoder) head(sums bool) (r *record, sizes []uint64) {
	r = &record{seq: d.uint()}
	n := d.count()
	r.tree = make(revtree.Tree, n)
	sizes = make([]uint64, n)
	for i := range r.tree {
		l := &r.tree[i]
		l.Deleted = d.byte()&1 == 1
		l.Gen = int64(d.uint())
		l.IDs = make([]revtree.ID, d.count())
		for j := range l.IDs {
			l.IDs[j] = revtree.ID(d.bytes(d.uint()))
		}
		sizes[i] = d.uint()
		if sums {
			l.Sum = d.sum()
		}
	}
	return r, sizes
}

// bodies reads the bodies and reports whether nothing follows them.
func (d *decoder) bodies(r *record, sizes []uint64) bool {
	for i := range r.tree {
		r.tree[i].Body = d.bytes(sizes[i])
		if len(r.tree[i].IDs) == 0 {
			return false
		}
	}
	return !d.failed && len(d.b) == 0 && len(r.tree) > 0
}

// body checks and returns a leaf's body.
func body(l revtree.Leaf) ([]byte, error) {
	if boltfile.Checksum(l.Body) != l.Sum {
		return nil, boltfile.ErrCorrupt
	}
	return l.Body, nil
}

// decoder reads a record. After a failure it returns zeros.
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

// sum reads a checksum.
func (d *decoder) sum() uint32 {
	b := d.bytes(4)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

// count reads the number of items that each take at least one more byte.
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
