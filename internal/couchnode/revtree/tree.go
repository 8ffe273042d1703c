package revtree

import "slices"

// DefaultLimit is how many ancestors a leaf remembers (CouchDB's revs_limit).
const DefaultLimit = 1000

// Path is a revision and its known ancestors: IDs[0] belongs to generation Gen, IDs[1] to Gen-1, and so on.
type Path struct {
	Gen int64
	IDs []ID
}

// Rev returns the path's own revision.
func (p Path) Rev() Rev { return Rev{Gen: p.Gen, ID: p.IDs[0]} }

// index returns where on the path r is, or -1.
func (p Path) index(r Rev) int {
	i := p.Gen - r.Gen
	if i < 0 || i >= int64(len(p.IDs)) || p.IDs[i] != r.ID {
		return -1
	}
	return int(i)
}

// Has reports whether r is on the path.
func (p Path) Has(r Rev) bool { return p.index(r) >= 0 }

// root returns the oldest known ancestor.
func (p Path) root() Rev {
	n := len(p.IDs) - 1
	return Rev{Gen: p.Gen - int64(n), ID: p.IDs[n]}
}

// deepened returns p, extended by ancestors that other has from before p's root.
func (p Path) deepened(other Path) Path {
	i := other.index(p.root())
	if i < 0 || i == len(other.IDs)-1 {
		return p
	}
	ids := make([]ID, 0, len(p.IDs)+len(other.IDs)-i-1)
	ids = append(append(ids, p.IDs...), other.IDs[i+1:]...)
	return Path{Gen: p.Gen, IDs: ids}
}

// Leaf is a revision without successors. Body is the document's compact JSON without its special members.
type Leaf struct {
	Path
	Deleted bool
	Body    []byte
	Sum     uint32 // checksum of Body, for whoever stores it
}

// Tree is every leaf of a document, the winner first.
type Tree []Leaf

// Winner returns the leaf that a plain GET shows. The tree must not be empty.
func (t Tree) Winner() Leaf { return t[0] }

// Deleted reports whether the document is gone: all of its leaves are deletions.
func (t Tree) Deleted() bool { return len(t) > 0 && t[0].Deleted }

// Leaf returns the leaf r, if it is one.
func (t Tree) Leaf(r Rev) (Leaf, bool) {
	for _, l := range t {
		if l.Rev() == r {
			return l, true
		}
	}
	return Leaf{}, false
}

// Has reports whether r is known, as a leaf or as an ancestor.
func (t Tree) Has(r Rev) bool {
	return slices.ContainsFunc(t, func(l Leaf) bool { return l.Has(r) })
}

// LeavesFrom returns the leaves that descend from r, r itself included (CouchDB's latest=true).
func (t Tree) LeavesFrom(r Rev) Tree {
	var out Tree
	for _, l := range t {
		if l.Has(r) {
			out = append(out, l)
		}
	}
	return out
}

// Conflicts lists the losing leaves: the deleted ones, or the others.
func (t Tree) Conflicts(deleted bool) []Rev {
	var out []Rev
	for _, l := range t[1:] {
		if l.Deleted == deleted {
			out = append(out, l.Rev())
		}
	}
	return out
}

// Merge adds a leaf from a peer or an edit and keeps at most limit revisions of each path (revs_limit). added is false
// if the revision was known, as a leaf or as an ancestor of one. Merge changes neither t nor its paths. Merging the
// same leaves in any order gives the same tree, as long as limit cuts nothing off.
func (t Tree) Merge(leaf Leaf, limit int) (merged Tree, added bool) {
	added = !t.Has(leaf.Rev())
	merged = make(Tree, 0, len(t)+1)
	for _, have := range t {
		if added && leaf.Has(have.Rev()) {
			leaf.Path = leaf.deepened(have.Path) // the new leaf descends from this one
			continue
		}
		merged = append(merged, have)
	}
	// A path may have ancestors that the others lack.
	for before := 0; before != len(leaf.IDs); {
		before = len(leaf.IDs)
		for _, have := range merged {
			leaf.Path = leaf.deepened(have.Path)
		}
	}
	for i := range merged {
		merged[i].Path = merged[i].deepened(leaf.Path)
	}
	if added {
		merged = append(merged, leaf)
	}
	for i := range merged {
		if limit > 0 && len(merged[i].IDs) > limit {
			merged[i].IDs = merged[i].IDs[:limit:limit]
		}
	}
	slices.SortFunc(merged, func(a, b Leaf) int {
		switch {
		case a.Deleted != b.Deleted:
			if a.Deleted {
				return 1
			}
			return -1
		case b.Rev().Less(a.Rev()):
			return -1
		}
		return 1
	})
	return merged, added
}
