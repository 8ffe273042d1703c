package schemas

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// walker visits the parts of a value with their schemas, including the data of flow nodes: first a node's data, then
// the node, then its children. The value may be invalid; the limits bound the work.
type walker struct {
	*compiled
	limits Limits
	visit  func(w *walker, schema *jsonschema.Schema, value any)
	// whole is the value that the present one is a part of. It names the module of a node of which the part has only the
	// data. May be nil.
	whole any
	path  []string
	looks int
}

func (w *walker) look(schema *jsonschema.Schema, value any) {
	if w.looks++; schema == nil || len(w.path) > w.limits.Depth || w.looks > w.limits.Values {
		return
	}
	for schema.Ref != nil {
		schema = schema.Ref
	}
	for _, whole := range schema.AllOf {
		if whole.Ref != nil { // our documents' form of a $ref with siblings, which draft-04 ignores
			w.look(whole, value)
		}
	}
	object, _ := value.(map[string]any)
	if module, data := w.moduleOf(schema, object); module != nil {
		w.below("data", module, data)
	}
	w.visit(w, schema, value)
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if sub := propertySchema(schema, key); sub != nil {
				w.below(key, sub, v[key])
			}
		}
	case []any:
		if items, ok := schema.Items.(*jsonschema.Schema); ok {
			for i, e := range v {
				w.below(strconv.Itoa(i), items, e)
			}
		}
	}
}

func (w *walker) below(key string, schema *jsonschema.Schema, value any) {
	w.path = append(w.path, key)
	w.look(schema, value)
	w.path = w.path[:len(w.path)-1]
}

// moduleOf returns the schema of the module that a node names, and the node's data. It returns nil if value is no node
// or the module does not exist.
func (w *walker) moduleOf(schema *jsonschema.Schema, value map[string]any) (module *jsonschema.Schema,
	data map[string]any,
) {
	f := w.families[schema]
	if f == nil {
		return nil, nil
	}
	name, ok := value["module"].(string)
	if node, _ := at(w.whole, w.path).(map[string]any); !ok && node != nil {
		name, _ = node["module"].(string)
	}
	data, _ = value["data"].(map[string]any)
	return f.modules[name], data
}

// nameOf returns the name of a module by its schema.
func (w *walker) nameOf(module *jsonschema.Schema) string {
	name := strings.TrimSuffix(strings.TrimPrefix(module.Location, base), "#")
	return name[strings.IndexByte(name, '.')+1:]
}

// propertySchema returns the schema of one property, or nil if it has none.
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
