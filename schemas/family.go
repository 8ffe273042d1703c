package schemas

import (
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"callfn/internal/nearest"
)

// family is a kind of node whose "data" has a schema chosen by its "module": what KAZOO calls kazoo-validation
// (docs/reference/kazoo.md#external-checks).
type family struct {
	node    string // name of the schema of a node
	noun    string // what KAZOO's message calls a node
	modules map[string]*jsonschema.Schema
	rules   map[string]*rules
	plans   map[string]*plan // what to complete in a module's data
	names   []string         // of modules, sorted
}

// addFamilies finds the node schemas and the schemas of their modules. Names with a further dot are parts of a module's
// data, not modules. Neither is the node schema itself, which would otherwise count as a module "action".
func (c *compiled) addFamilies() {
	for _, f := range []*family{
		{node: "callflows.action", noun: "callflow"},
		{node: "metaflow", noun: "metaflow"},
	} {
		schema, ok := c.schemas[f.node]
		if !ok {
			continue // small sets in tests lack it
		}
		f.modules = map[string]*jsonschema.Schema{}
		for name, moduleSchema := range c.schemas {
			module, found := strings.CutPrefix(name, f.noun+"s.")
			if found && name != f.node && !strings.Contains(module, ".") {
				f.modules[module] = moduleSchema
			}
		}
		f.names = slices.Sorted(maps.Keys(f.modules))
		c.families[schema] = f
	}
}

// unknown returns the message for a module without schema: KAZOO's words, and the module that was probably meant.
func (f *family) unknown(module string) string {
	if near := nearest.Word(module, f.names); near != "" {
		return "unable to find " + f.noun + " schema for module `" + module + "`: did you mean `" + near + "`?"
	}
	return "unable to find " + f.noun + " schema for module " + module
}
