package schemas

import (
	"fmt"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Warning points at something that is valid, since KAZOO accepts unknown properties, but probably not meant.
type Warning struct {
	// Path of the doubtful key, as in FieldErrors.
	Path string `json:"path"`
	// Message is a sentence for the admin: "unknown key `txt`: did you mean `text`?"
	Message string `json:"message"`
	// Suggestion is the key, or for a misplaced one the path, that was probably meant.
	Suggestion string `json:"suggestion"`
}

// maxWarnings is where Warnings stops: nobody reads more, and hostile values could have thousands.
const maxWarnings = 50

// Warnings looks for misspelt keys: unknown ones that are close to a key of the schema which is not there (modul, eanbled),
// and keys of a module's data that stand beside "data" instead of in it. value need not be valid; it is never changed.
// Warnings come in a fixed order, at most 50; an unknown name gives none.
func (s *Set) Warnings(name string, value any) []Warning {
	w := warner{}
	walk := walker{compiled: s.compiled, limits: s.limits, visit: w.visit}
	walk.look(s.schemas[name], value)
	return w.found
}

type warner struct{ found []Warning }

func (w *warner) visit(walk *walker, schema *jsonschema.Schema, value any) {
	object, ok := value.(map[string]any)
	if !ok || len(w.found) >= maxWarnings {
		return
	}
	w.node(walk, schema, object)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if schema.Properties != nil && propertySchema(schema, key) == nil && !knows(schema, key) {
			w.misspelt(walk.path, schema, object, key)
		}
	}
}

func (w *warner) misspelt(path []string, schema *jsonschema.Schema, obj map[string]any, key string) {
	var absent []string // a key that is there was not misspelt
	for name := range schema.Properties {
		if _, there := obj[name]; !there {
			absent = append(absent, name)
		}
	}
	slices.Sort(absent)
	if near := nearest(key, absent); near != "" {
		w.warn(path, key, "unknown key `"+key+"`: did you mean `"+near+"`?", near)
	}
}

// node looks for keys that belong into the data of a node and stand beside it.
func (w *warner) node(walk *walker, schema *jsonschema.Schema, node map[string]any) {
	module, data := walk.moduleOf(schema, node)
	if module == nil {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(node)) {
		_, ofNode := schema.Properties[key]
		_, ofData := module.Properties[key]
		_, there := data[key]
		if ofData && !ofNode && !there {
			w.warn(walk.path, key, fmt.Sprintf("key `%s` has no effect here: module %s reads it inside `data`", key, node["module"]), "data."+key)
		}
	}
}

// warn says at most one thing about each key.
func (w *warner) warn(path []string, key, message, suggestion string) {
	place := Path(below(path, key)...)
	same := func(other Warning) bool { return other.Path == place }
	if len(w.found) < maxWarnings && !slices.ContainsFunc(w.found, same) {
		w.found = append(w.found, Warning{place, message, suggestion})
	}
}
