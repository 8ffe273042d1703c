package callflow

import (
	"maps"
	"slices"
)

// Wildcard is the child that a walk falls back to (?DEFAULT_CHILD_KEY in callflow.hrl).
const Wildcard = "_"

// Node is one node of a flow tree, `{module, data, children}`, as JSON decoding gives it. Whatever is missing or of the
// wrong type reads as empty, so that a node is safe to walk before and without validation. The walk never changes it.
type Node map[string]any

// Empty reports whether there is nothing to run here: KAZOO stops at `{}` (cf_exe:launch_cf_module).
func (n Node) Empty() bool { return len(n) == 0 }

// Module gives the module's name, empty when there is none.
func (n Node) Module() string {
	name, _ := n["module"].(string)
	return name
}

// Data gives the node's data, never nil.
func (n Node) Data() Data {
	if data, ok := n["data"].(map[string]any); ok {
		return data
	}
	return Data{}
}

// Child gives the child under key, and whether there is one. An empty child is a child.
func (n Node) Child(key string) (Node, bool) {
	children, _ := n["children"].(map[string]any)
	child, ok := children[key].(map[string]any)
	return child, ok
}

// Keys lists the keys of the children in alphabetical order, the wildcard left out (cf_exe:get_branch_keys).
func (n Node) Keys() []string {
	children, _ := n["children"].(map[string]any)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(children)), func(key string) bool { return key == Wildcard })
}
