package callflow

import (
	"slices"

	"callfn/internal/jsonvalue"
)

// Wildcard is the child that a walk falls back to (?DEFAULT_CHILD_KEY in callflow.hrl).
const Wildcard = "_"

// Node is one node of a flow tree, `{module, data, children}`, as JSON decoding gives it. Whatever is missing or of
// the wrong type reads as empty, so that a node is safe to walk before and without validation. The walk never changes
// it. The zero Node is no node at all.
type Node struct{ jsonvalue.Object }

// NodeOf makes a node of members that have no order.
func NodeOf(members map[string]any) Node { return Node{jsonvalue.Object{Members: members}} }

// Empty reports whether there is nothing to run here: KAZOO stops at `{}` (cf_exe:launch_cf_module).
func (n Node) Empty() bool { return len(n.Members) == 0 }

// Module gives the module's name, empty when there is none.
func (n Node) Module() string {
	name, _ := n.Members["module"].(string)
	return name
}

// Data gives the node's data, never nil.
func (n Node) Data() Data {
	return n.data().Members
}

func (n Node) data() jsonvalue.Object {
	if data, ok := n.At("data"); ok {
		return data
	}
	return jsonvalue.Object{Members: map[string]any{}}
}

// Child gives the child under key, and whether there is one. An empty child is a child.
func (n Node) Child(key string) (Node, bool) {
	children, _ := n.At("children")
	child, ok := children.At(key)
	return Node{child}, ok
}

// Keys lists the keys of the children in the order in which they were written, the wildcard left out
// (cf_exe:get_branch_keys).
func (n Node) Keys() []string {
	children, _ := n.At("children")
	return slices.DeleteFunc(children.Names(), func(key string) bool { return key == Wildcard })
}
