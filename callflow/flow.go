package callflow

import (
	"slices"

	"callfn/internal/jsonvalue"
)

// Wildcard is the key of the fallback child (?DEFAULT_CHILD_KEY in callflow.hrl).
const Wildcard = "_"

// Node is one node of a flow tree, `{module, data, children}`, as decoded from JSON. Missing members and those of a
// wrong type read as empty, so that a node is safe to walk without validation. The walk never changes it. The zero Node
// is no node.
type Node struct{ jsonvalue.Object }

// NodeOf returns a node whose members have no order.
func NodeOf(members map[string]any) Node { return Node{jsonvalue.Object{Members: members}} }

// Empty reports whether there is nothing to run: KAZOO stops at `{}` (cf_exe:launch_cf_module).
func (n Node) Empty() bool { return len(n.Members) == 0 }

// Module returns the module's name, or "" if there is none.
func (n Node) Module() string {
	name, _ := n.Members["module"].(string)
	return name
}

// Data returns the node's data, never nil.
func (n Node) Data() Data {
	return n.data().Members
}

func (n Node) data() jsonvalue.Object {
	if data, ok := n.At("data"); ok {
		return data
	}
	return jsonvalue.Object{Members: map[string]any{}}
}

// Child returns the child under key, and whether it exists. An empty child exists.
func (n Node) Child(key string) (Node, bool) {
	children, _ := n.At("children")
	child, ok := children.At(key)
	return Node{child}, ok
}

// Keys lists the keys of the children, except the wildcard, in the order in which they were written
// (cf_exe:get_branch_keys).
func (n Node) Keys() []string {
	children, _ := n.At("children")
	return slices.DeleteFunc(children.Names(), func(key string) bool { return key == Wildcard })
}
