package couchnode

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"callfn/internal/couchnode/revtree"
	"callfn/internal/strictjson"
)

// design is the parsed form of a design document.
type design struct {
	language string
	body     []byte
	views    map[string]viewDef
	shows    map[string]showDef
	index    indexSpec
}

// viewDef is one view: the index of its map function, and its reduce function ("" for none).
type viewDef struct {
	fun    int
	reduce string
}

// showDef is a show function's source, or CouchDB's 404 if there is no valid one.
type showDef struct {
	source string
	err    error
}

// indexSpec is the input of a view index. Equal specs have equal signatures. A design document whose map functions did
// not change keeps its index. One that returns to an older version does not see the rows of the newer one.
type indexSpec struct {
	sig           string
	language      string
	funs          []string // distinct sources, sorted
	includeDesign bool
}

// parseDesign parses a design document's body. err is CouchDB's invalid_design_doc (couch_mrview:validate_ddoc_fields).
func parseDesign(body []byte) (*design, error) {
	if err := checkDesignTypes(body); err != nil {
		return nil, err
	}
	var raw struct {
		Language *string                    `json:"language"`
		Views    map[string]json.RawMessage `json:"views"`
		Shows    map[string]json.RawMessage `json:"shows"`
		Options  *struct {
			IncludeDesign bool `json:"include_design"`
		} `json:"options"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, invalidDesign("`options.include_design` field must have boolean type")
	}
	d := &design{language: "javascript", body: body, views: map[string]viewDef{}, shows: map[string]showDef{}}
	if raw.Language != nil {
		d.language = *raw.Language
	}
	for name, src := range raw.Shows {
		var err error
		if d.shows[name], err = parseShow(name, src); err != nil {
			return nil, err
		}
	}
	sources := map[string]string{}
	for name, def := range raw.Views {
		view, source, err := parseView(name, def)
		if err != nil {
			return nil, err
		}
		if name != "lib" {
			d.views[name], sources[name] = view, source
		}
	}
	d.index = indexSpec{language: d.language, includeDesign: raw.Options != nil && raw.Options.IncludeDesign}
	d.index.funs = slices.Compact(slices.Sorted(maps.Values(sources)))
	for name, src := range sources {
		view := d.views[name]
		view.fun, _ = slices.BinarySearch(d.index.funs, src)
		d.views[name] = view
	}
	d.index.sig = d.index.signature()
	return d, nil
}

// checkDesignTypes checks the types of a design document's members.
func checkDesignTypes(body []byte) error {
	for _, f := range []struct {
		name string
		kind strictjson.Kind
		word string
	}{
		{"language", strictjson.String, "string"},
		{"views", strictjson.Object, "object"},
		{"shows", strictjson.Object, "object"},
		{"options", strictjson.Object, "object"},
		{"filters", strictjson.Object, "object"},
		{"lists", strictjson.Object, "object"},
		{"updates", strictjson.Object, "object"},
		{"validate_doc_update", strictjson.String, "string"},
	} {
		if v := strictjson.Get(body, f.name); v != nil && strictjson.KindOf(v) != f.kind {
			return invalidDesign("`" + f.name + "` field must have " + f.word + " type")
		}
	}
	return nil
}

// parseShow reads one show. CouchDB allows an object, which no request can use.
func parseShow(name string, src json.RawMessage) (showDef, error) {
	switch strictjson.KindOf(src) {
	case strictjson.String:
		return showDef{source: strictjson.Unquote(src)}, nil
	case strictjson.Object:
		return showDef{err: notFound("json_mismatch")}, nil
	}
	return showDef{}, invalidDesign("`shows." + name + "` field must have object or string type")
}

// parseView reads one view and the source of its map function. The member lib is no view and has none.
func parseView(name string, def json.RawMessage) (view viewDef, source string, err error) {
	if strictjson.KindOf(def) != strictjson.Object {
		return view, "", invalidDesign("`views." + name + "` field must have object type")
	}
	if name == "lib" {
		return view, "", nil
	}
	m := strictjson.Get(def, "map")
	if m == nil {
		return view, "", invalidDesign("View `" + name + "` must contain map function")
	}
	if strictjson.KindOf(m) != strictjson.String {
		return view, "", invalidDesign("`views." + name + ".map` field must have string type")
	}
	if r := strictjson.Get(def, "reduce"); r != nil {
		if strictjson.KindOf(r) != strictjson.String {
			return view, "", invalidDesign("`views." + name + ".reduce` field must have string type")
		}
		view.reduce = strings.TrimSpace(strictjson.Unquote(r))
	}
	return view, strictjson.Unquote(m), nil
}

func invalidDesign(reason string) error { return refuse(400, "invalid_design_doc", reason) }

func (s indexSpec) signature() string {
	b, _ := json.Marshal([]any{"index 1", s.language, s.funs, s.includeDesign})
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// show returns the source of a show function, or CouchDB's 404.
func (d *design) show(name string) (string, error) {
	if def, ok := d.shows[name]; ok {
		return def.source, def.err
	}
	if strictjson.Get(d.body, "shows") == nil {
		return "", notFound("missing json key: shows")
	}
	return "", notFound("missing json key: " + name)
}

// checkDesign refuses a design document that cannot work: one of the wrong shape, or with a map function that does not
// compile. It does not refuse one because the engine fails or does not know the language.
func (rq *request) checkDesign(id string, doc *document) error {
	if !strings.HasPrefix(id, designPrefix) || doc.deleted {
		return nil
	}
	d, err := parseDesign(doc.body)
	if err != nil {
		return err
	}
	for _, view := range d.views {
		switch view.reduce {
		case "_count", "_sum", "_stats", "_approx_count_distinct", "":
		default:
			if strings.HasPrefix(view.reduce, "_") {
				return invalidDesign("`" + view.reduce + "` is not a supported reduce function.")
			}
		}
	}
	if len(d.index.funs) == 0 || rq.engine == nil {
		return nil
	}
	if _, err := rq.engine.Map(rq.ctx, d.language, d.index.funs, nil); err != nil {
		if e, ok := asEngineError(err); ok && e.Word == "compilation_error" {
			return e.apiError()
		}
	}
	return nil
}

// ddocCache caches parsed design documents, since every call requests a show.
type ddocCache struct {
	mu      sync.Mutex
	entries map[ddocKey]ddocEntry
}

type ddocKey struct{ dbUUID, id string }

type ddocEntry struct {
	rev    revtree.Rev
	seq    uint64 // of the database when the document was last checked
	design *design
}

// maxCachedDesigns bounds the cache. Beyond it the whole cache is dropped.
const maxCachedDesigns = 256

// design loads a design document, or answers 404.
func (n *Node) design(db *database, id string) (d *design, rev revtree.Rev, err error) {
	err = n.view(db, func(tx *dbTx) (err error) {
		d, rev, err = n.ddocs.read(tx, ddocKey{db.uuid, id})
		return err
	})
	return d, rev, err
}

// read returns a design document as of tx.
func (c *ddocCache) read(tx *dbTx, key ddocKey) (*design, revtree.Rev, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, cached := c.entries[key]
	if cached && e.seq == tx.stats.seq { // nothing in the database has changed since
		return e.design, e.rev, nil
	}
	r, err := tx.live(key.id)
	if err != nil {
		return nil, revtree.Rev{}, err
	}
	leaf := r.tree.Winner()
	rev := leaf.Rev()
	if cached && e.rev == rev {
		c.entries[key] = ddocEntry{rev, tx.stats.seq, e.design}
		return e.design, rev, nil
	}
	source, err := body(leaf)
	if err != nil {
		return nil, rev, &CorruptError{Database: tx.name, Document: key.id, Cause: err}
	}
	d, err := parseDesign(slices.Clone(source))
	if err != nil {
		return nil, rev, err
	}
	if len(c.entries) >= maxCachedDesigns || c.entries == nil {
		c.entries = map[ddocKey]ddocEntry{}
	}
	c.entries[key] = ddocEntry{rev, tx.stats.seq, d}
	return d, rev, nil
}
