package schemas

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"callfn/internal/nearest"
	"callfn/internal/pattern"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Warning points at a member that is valid, since KAZOO accepts unknown ones, but probably not intended.
type Warning struct {
	// Path of the doubtful key, as in FieldErrors.
	Path string `json:"path"`
	// Message is a sentence for the admin: "unknown key `txt`: did you mean `text`?"
	Message string `json:"message"`
	// Suggestion is the key, or for a misplaced one the path, that was probably meant; "" if nothing is similar.
	Suggestion string `json:"suggestion,omitempty"`
}

// maxWarnings bounds the warnings of one value; hostile values could have thousands.
const maxWarnings = 50

// Warnings looks for keys that nothing reads: unknown ones, which may be misspelt (modul, eanbled), and keys of a
// module's data that are beside "data" instead of in it. value need not be valid; it is never changed. Warnings come in
// a fixed order, at most 50. An unknown schema name gives none.
func (s *Set) Warnings(name string, value any) []Warning { return s.PatchWarnings(name, value, nil) }

// PatchWarnings is Warnings for a part of a value: a key is unknown even if the whole value has the key that was meant.
// The whole value only gives the modules of nodes whose data the part changes.
func (s *Set) PatchWarnings(name string, part, whole any) []Warning {
	w := warner{}
	walk := walker{compiled: s.compiled, limits: s.limits, visit: w.visit, whole: whole}
	walk.look(s.schemas[name], part)
	return w.found
}

// UnknownMembers is Warnings for an object of which only the member names are known. An empty list means any name.
func UnknownMembers(known []string, object map[string]any) []Warning {
	if len(known) == 0 {
		return nil
	}
	schema := &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{}}
	for _, name := range known {
		schema.Properties[name] = nil
	}
	w := warner{}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !knows(schema, key) {
			w.unknown(nil, schema, object, key, nil)
		}
	}
	return w.found
}

// FlowWarnings is Warnings for a flow, with paths as in ValidateFlow. It also points at regular expressions that the
// engine cannot execute, since a function's flow is run all the same.
func (s *Set) FlowWarnings(flow map[string]any) []Warning {
	found := s.Warnings("callflows.action", flow)
	cost := 0
	for _, r := range s.Regexes("callflows.action", flow) {
		if cost += pattern.Cost(r.Text); cost > pattern.MaxCost {
			break
		}
		if err := pattern.Check(r.Text); err != nil {
			found = append(found, Warning{Path: r.Path, Message: "not a usable regular expression: " + r.Explain(err)})
		}
	}
	for i, w := range found {
		found[i].Path = "flow." + w.Path
	}
	return found
}

type warner struct{ found []Warning }

func (w *warner) visit(walk *walker, schema *jsonschema.Schema, value any) {
	object, ok := value.(map[string]any)
	if !ok || len(w.found) >= maxWarnings {
		return
	}
	w.node(walk, schema, object)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if schema.Properties != nil && !knows(schema, key) && propertySchema(schema, key) == nil {
			w.unknown(walk.path, schema, object, key, walk.inside(schema, key))
		}
	}
}

// unread are keys that KAZOO's clients store for themselves, such as the name of a ring group in its node, and keys
// that every document may have.
var unread = []string{
	"ui_metadata", "ui_flags", "ui_help", "ui_restrictions", "name", "appList", "apps", "contact",
	"metadata", "id", "provision", "smartpbx", "dd_variables", "contact_list",
	"owner_id", "group_id", "type",
}

// isUnread reports whether a key is known not to belong to the schema. Private keys belong to the server and are
// ignored.
func isUnread(key string) bool {
	return slices.Contains(unread, key) || strings.HasPrefix(key, "_") || strings.HasPrefix(key, "pvt_")
}

// unknown warns of a key that nothing reads. inside names the members in which the key would be read.
func (w *warner) unknown(path []string, schema *jsonschema.Schema, object map[string]any, key string,
	inside []string,
) {
	var absent []string // a key that is present was not misspelt
	for name := range schema.Properties {
		if _, there := object[name]; !there {
			absent = append(absent, name)
		}
	}
	slices.Sort(absent)
	near := nearest.Word(key, absent)
	switch {
	case near != "":
		w.warn(path, key, "unknown key `"+key+"`: did you mean `"+near+"`?", near)
	case isUnread(key):
	case len(inside) > 0:
		suggestion := ""
		if len(inside) == 1 {
			suggestion = inside[0] + "." + key
		}
		w.warn(path, key, fmt.Sprintf("key `%s` has no effect here: it is read inside `%s`", key,
			strings.Join(inside, "` or `")), suggestion)
	default:
		w.warn(path, key, "unknown key `"+key+"`: nothing here reads it", "")
	}
}

// node looks for keys that belong into a node's data but are beside it.
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
			w.warn(walk.path, key, fmt.Sprintf("key `%s` has no effect here: module %s reads it inside `data`", key,
				walk.nameOf(module)), "data."+key)
		}
	}
}

// warn adds a warning, at most one per key.
func (w *warner) warn(path []string, key, message, suggestion string) {
	place := Path(below(path, key)...)
	same := func(other Warning) bool { return other.Path == place }
	if len(w.found) < maxWarnings && !slices.ContainsFunc(w.found, same) {
		w.found = append(w.found, Warning{place, message, suggestion})
	}
}
