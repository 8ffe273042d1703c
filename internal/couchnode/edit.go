package couchnode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"callfn/internal/boltfile"
	"callfn/internal/couchnode/revtree"
	"callfn/internal/strictjson"
)

// revsLimit is how many revisions of a leaf's history are kept.
const revsLimit = revtree.DefaultLimit

// maxLeaves bounds a document's open branches, so that a peer cannot make one document's record grow without limit.
const maxLeaves = 1000

// edit applies an ordinary write. The document's revision must be a leaf, or there must be no live document
// (couch_db_updater:merge_rev_tree). It returns the new revision, or a refusal that changed nothing.
func (n *Node) edit(tx *writeTx, db *database, d *dbTx, id string, doc *document) (revtree.Rev, error) {
	if strings.HasPrefix(id, localPrefix) {
		return editLocal(d, id, doc)
	}
	r, err := d.record(id)
	if err != nil {
		return revtree.Rev{}, err
	}
	base, ok := r.base(doc)
	if !ok {
		return revtree.Rev{}, errConflict
	}
	parent := revtree.Rev{}
	if len(base.IDs) > 0 {
		parent = base.Rev()
	}
	rev := revtree.Next(parent, doc.deleted, doc.body)
	path := revtree.Path{Gen: rev.Gen, IDs: append([]revtree.ID{rev.ID}, base.IDs...)}
	return rev, n.merge(tx, db, d, id, r, newLeaf(path, doc.deleted, doc.body))
}

// base returns the leaf that an ordinary write of doc is based on, without ids for a new document, or false for a
// conflict. r is nil if the document never existed.
func (r *record) base(doc *document) (revtree.Leaf, bool) {
	parent := doc.parent()
	switch {
	case r == nil:
		return revtree.Leaf{}, parent.IsZero()
	case r.tree.Deleted():
		// A new edit of a deleted document goes on top of its tombstone. The client need not know the tombstone's revision.
		return r.tree.Winner(), parent.IsZero() && !doc.deleted
	}
	return r.tree.Leaf(parent)
}

// replicate stores a revision from elsewhere (new_edits=false), whatever exists already.
func (n *Node) replicate(tx *writeTx, db *database, d *dbTx, id string, doc *document) (revtree.Rev, error) {
	if strings.HasPrefix(id, localPrefix) {
		return editLocal(d, id, doc)
	}
	path := doc.path()
	if len(path.IDs) == 0 {
		return revtree.Rev{}, badRequest("When `new_edits: false`, the document needs `_rev` or `_revisions` specified")
	}
	if path.Gen == 0 {
		return revtree.Rev{}, errRevFormat
	}
	r, err := d.record(id)
	if err != nil {
		return revtree.Rev{}, err
	}
	return path.Rev(), n.merge(tx, db, d, id, r, newLeaf(path, doc.deleted, doc.body))
}

// merge adds a leaf to the document r (nil for a new one) and writes the consequences: the record, its place in the
// sequence, the counts. A known leaf changes at most the stored history.
func (n *Node) merge(tx *writeTx, db *database, d *dbTx, id string, r *record, leaf revtree.Leaf) error {
	old := &record{}
	if r != nil {
		old = r
	}
	tree, added := old.tree.Merge(leaf, revsLimit)
	next := &record{seq: old.seq, tree: tree}
	if !added {
		if encoded := next.encode(id); !bytes.Equal(encoded, d.docs.Get([]byte(id))) {
			return d.docs.Put([]byte(id), encoded)
		}
		return nil
	}
	size := int64(0)
	for _, l := range tree {
		size += int64(len(l.Body))
	}
	if len(tree) > maxLeaves || size > n.opts.MaxRequestBytes {
		return refuse(413, "document_too_large", fmt.Sprintf("%s has %d conflicting revisions; resolve some first", id,
			len(old.tree)))
	}
	s := d.stats
	s.seq++
	next.seq = s.seq
	wasLive, isLive := r != nil && !old.tree.Deleted(), !tree.Deleted()
	switch {
	case isLive && !wasLive:
		s.docs++
	case !isLive && wasLive:
		s.docs--
	}
	switch wasDeleted := r != nil && old.tree.Deleted(); {
	case !isLive && !wasDeleted:
		s.deleted++
	case isLive && wasDeleted:
		s.deleted--
	}
	if err := d.docs.Put([]byte(id), next.encode(id)); err != nil {
		return err
	}
	if r != nil {
		if err := d.seqs.Delete(seqKey(old.seq)); err != nil {
			return err
		}
	}
	if err := d.seqs.Put(seqKey(s.seq), []byte(id)); err != nil {
		return err
	}
	if err := d.setStats(s); err != nil {
		return err
	}
	tx.touch(db, s.seq)
	if !strings.HasPrefix(id, designPrefix) {
		return nil
	}
	if err := d.noteValidators(); err != nil {
		return err
	}
	return n.pruneIndexes(d)
}

// editLocal writes a _local document. It has no history and no conflicts, and its revision counts up from the client's
// (couch_db_updater:increment_local_doc_revs). Replicators keep their checkpoints there.
func editLocal(d *dbTx, id string, doc *document) (revtree.Rev, error) {
	n := uint64(1)
	if parent := doc.parent(); !parent.IsZero() {
		before, err := strconv.ParseUint(string(parent.ID), 10, 53)
		if err != nil || parent.Gen != 0 {
			return revtree.Rev{}, errRevFormat
		}
		n = before + 1
	}
	if doc.deleted {
		return localRev(0), d.locals.Delete([]byte(id))
	}
	return localRev(n), putSealed(d.locals, []byte(id), append(binary.AppendUvarint(nil, n), doc.body...))
}

// localRev returns the revision "0-n" of a _local document.
func localRev(n uint64) revtree.Rev { return revtree.Rev{ID: revtree.ID(strconv.FormatUint(n, 10))} }

// appendLocal appends a _local document for clients, or answers 404.
func (d *dbTx) appendLocal(dst []byte, id string) ([]byte, error) {
	raw, err := getSealed(d.locals, []byte(id))
	if err == nil && raw == nil {
		return nil, errMissing
	}
	n, size := binary.Uvarint(raw)
	if err != nil || size <= 0 {
		return nil, &CorruptError{Database: d.name, Document: id, Cause: boltfile.ErrCorrupt}
	}
	dst = strictjson.AppendString(append(dst, `{"_id":`...), id)
	dst = appendRev(append(dst, `,"_rev":`...), localRev(n))
	if body := raw[size:]; len(body) > len("{}") {
		dst = append(append(dst, ','), body[1:len(body)-1]...)
	}
	return append(dst, '}'), nil
}
