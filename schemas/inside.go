package schemas

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// inside lists the members of a schema that are objects with a property called key, for a key that is beside them
// instead: a simulation's digits belong into its script. The call and the script of other rehearsals are open objects
// with the members of a simulation.
func (w *walker) inside(schema *jsonschema.Schema, key string) (members []string) {
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		member := target(schema.Properties[name])
		if member == nil {
			continue
		}
		if simulation := w.schemas["simulations"]; simulation != nil && len(member.Properties) == 0 {
			switch {
			case name == "call" && key != "script":
				member = simulation
			case name == "script":
				member = target(simulation.Properties["script"])
			}
		}
		if _, there := member.Properties[key]; there {
			members = append(members, name)
		}
	}
	return members
}

// target follows a schema's references.
func target(schema *jsonschema.Schema) *jsonschema.Schema {
	for schema != nil && schema.Ref != nil {
		schema = schema.Ref
	}
	return schema
}
