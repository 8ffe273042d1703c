package schemas

import (
	"maps"
	"slices"
	"strconv"

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
	w := warner{compiled: s.compiled, limits: s.limits}
	w.look(s.schemas[name], value)
	return w.found
}

type warner struct {
	*compiled
	limits Limits
	path   []string
	looks  int
	found  []Warning
}

func (w *warner) look(schema *jsonschema.Schema, value any) {
	if w.looks++; schema == nil || len(w.path) > w.limits.Depth || w.looks > w.limits.Values || len(w.found) >= maxWarnings {
		return
	}
	for schema.Ref != nil {
		schema = schema.Ref
	}
	switch v := value.(type) {
	case map[string]any:
		if f := w.families[schema]; f != nil {
			w.node(f, v)
		}
		w.object(schema, v)
	case []any:
		if items, ok := schema.Items.(*jsonschema.Schema); ok {
			for i, e := range v {
				w.below(strconv.Itoa(i), items, e)
			}
		}
	}
}

func (w *warner) below(key string, schema *jsonschema.Schema, value any) {
	w.path = append(w.path, key)
	w.look(schema, value)
	w.path = w.path[:len(w.path)-1]
}

func (w *warner) object(schema *jsonschema.Schema, obj map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		if sub := propertySchema(schema, key); sub != nil {
			w.below(key, sub, obj[key])
		} else if schema.Properties != nil && !knows(schema, key) {
			w.misspelt(schema, obj, key)
		}
	}
}

// propertySchema is the schema of one property, nil if it has none.
func propertySchema(schema *jsonschema.Schema, key string) *jsonschema.Schema {
	if sub, ok := schema.Properties[key]; ok {
		return sub
	}
	for pattern, sub := range schema.PatternProperties {
		if pattern.MatchString(key) {
			return sub
		}
	}
	extra, _ := schema.AdditionalProperties.(*jsonschema.Schema)
	return extra
}

func (w *warner) misspelt(schema *jsonschema.Schema, obj map[string]any, key string) {
	var absent []string // a key that is there was not misspelt
	for name := range schema.Properties {
		if _, there := obj[name]; !there {
			absent = append(absent, name)
		}
	}
	slices.Sort(absent)
	if near := nearest(key, absent); near != "" {
		w.warn(key, "unknown key `"+key+"`: did you mean `"+near+"`?", near)
	}
}

// node looks into the data of a node, and for keys that belong there.
func (w *warner) node(f *family, node map[string]any) {
	module, _ := node["module"].(string)
	schema := f.modules[module]
	if schema == nil {
		return
	}
	data, _ := node["data"].(map[string]any)
	w.below("data", schema, data)
	own := w.schemas[f.node].Properties
	for _, key := range slices.Sorted(maps.Keys(node)) {
		_, ofNode := own[key]
		_, ofData := schema.Properties[key]
		_, there := data[key]
		if ofData && !ofNode && !there {
			w.warn(key, "key `"+key+"` has no effect here: module "+module+" reads it inside `data`", "data."+key)
		}
	}
}

// warn says at most one thing about each key.
func (w *warner) warn(key, message, suggestion string) {
	path := Path(below(w.path, key)...)
	same := func(other Warning) bool { return other.Path == path }
	if len(w.found) < maxWarnings && !slices.ContainsFunc(w.found, same) {
		w.found = append(w.found, Warning{path, message, suggestion})
	}
}
