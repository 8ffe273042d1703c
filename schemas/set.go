package schemas

import (
	"embed"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

//go:embed documents/*.json
var documents embed.FS

// loadEmbedded compiles the embedded documents at the first call. Its result never changes.
var loadEmbedded = sync.OnceValues(func() (*compiled, error) {
	dir, err := fs.Sub(documents, "documents")
	if err != nil {
		return nil, err
	}
	return compile(dir)
})

// Set is a collection of compiled schemas. It is immutable and safe for concurrent use.
type Set struct {
	*compiled
	limits Limits
}

// Limits bound the values that Validate accepts, beyond the schemas. A zero field means its default.
type Limits struct {
	// NodeDepth is the greatest depth of callflow nodes. Default 64; KAZOO hangs up after 50 branches.
	NodeDepth int
	// Nodes is the greatest number of callflow nodes in one value. Default 1,000.
	Nodes int
	// Depth is the greatest depth of objects and arrays. Default 256.
	Depth int
	// Values is the greatest number of values (objects, arrays, scalars) in all. Default 100,000.
	Values int
}

func (l Limits) withDefaults() Limits {
	set := func(field *int, otherwise int) {
		if *field <= 0 {
			*field = otherwise
		}
	}
	set(&l.NodeDepth, 64)
	set(&l.Nodes, 1_000)
	set(&l.Depth, 256)
	set(&l.Values, 100_000)
	return l
}

// Load returns the embedded schemas. They are compiled once per process. It returns an error only for a broken
// document, which the tests of this package rule out.
func Load() (*Set, error) {
	c, err := loadEmbedded()
	if err != nil {
		return nil, err
	}
	return &Set{compiled: c, limits: Limits{}.withDefaults()}, nil
}

// WithLimits returns the same schemas with other limits. It does not change s.
func (s *Set) WithLimits(l Limits) *Set {
	return &Set{compiled: s.compiled, limits: l.withDefaults()}
}

// Names lists all schemas, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.documents)) }

// Modules lists the callflow modules that a node may name, sorted. It leaves out parts of a module's data that have a
// schema of their own, such as callflows.audio_macro.say.
func (s *Set) Modules() []string {
	for _, f := range s.families {
		if f.node == "callflows.action" {
			return slices.Clone(f.names)
		}
	}
	return nil
}

// Document returns the schema as GET /v2/schemas/{name} serves it. The caller may keep and change the bytes.
func (s *Set) Document(name string) (json.RawMessage, bool) {
	doc, ok := s.documents[name]
	return slices.Clone(doc), ok
}
