package callflow

import (
	"fmt"
	"maps"

	"callfn/internal/function"
	"callfn/internal/jsonvalue"
)

// mostPivotNodes bounds the flow for KAZOO, in nodes: the waiting flows are repeated wherever the flow can end.
const mostPivotNodes = 5000

// compose joins a flow with the flows that wait behind it, the last of which is next. A waiting flow becomes the `_`
// child of every node that has none, and replaces empty children: the executor would continue with it there. As a
// result only a module that itself stops the call on success ends it.
func compose(flow Node, waiting []Node, address func(function.ID) string) (Node, error) {
	var tail Node
	size := 0
	for _, next := range append(waiting, flow) {
		c := composer{tail: tail, tailSize: size, left: mostPivotNodes, address: address}
		tail = c.node(next)
		if size = mostPivotNodes - c.left; c.left < 0 {
			return Node{}, fmt.Errorf("it has more than %d nodes, with what follows at each of its ends: %w", mostPivotNodes,
				ErrUnfitFlow)
		}
	}
	return tail, nil
}

type composer struct {
	tail     Node // the zero Node for none
	tailSize int  // in nodes
	left     int  // nodes left to add; negative for too many
	address  func(function.ID) string
}

// node copies a flow. The decoder and the schemas bound its recursion.
func (c *composer) node(n Node) Node {
	if c.left--; c.left < 0 {
		return Node{}
	}
	out := Node{jsonvalue.Object{Members: maps.Clone(n.Members), Order: n.Order}}
	if n.Module() == "function" {
		c.toPivot(out)
	}
	children, _ := n.At("children")
	names := children.Names()
	copies, orders := make(map[string]any, len(names)+1), make([]*jsonvalue.Order, len(names), len(names)+1)
	for i, key := range names {
		child, ok := children.At(key)
		switch {
		case ok && len(child.Members) > 0:
			child = c.node(Node{child}).Object
		case ok && !c.tail.IsZero():
			child = c.end().Object
		default:
			copies[key] = children.Members[key]
			continue
		}
		copies[key], orders[i] = child.Members, child.Order
	}
	if _, ok := copies[Wildcard]; !ok && !c.tail.IsZero() && !endsCall(n.Module()) {
		end := c.end()
		copies[Wildcard], names, orders = end.Members, append(names, Wildcard), append(orders, end.Order)
	}
	if len(copies) > 0 {
		out.Members["children"] = copies
		out.Order = out.Order.With("children", jsonvalue.NewOrder(names, orders))
	}
	return out
}

func (c *composer) end() Node {
	c.left -= c.tailSize
	return c.tail
}

// endsCall reports whether nothing follows a module, whatever children it has.
func endsCall(module string) bool { return module == "hangup" || module == "response" }

// toPivot turns a function node into a pivot node that requests that function when KAZOO reaches it, with the digits
// pressed until then. POST with JSON keeps parameters out of access logs, and their names apart: KAZOO does not encode
// names in a query string (docs/reference/kazoo.md#defects, B33).
func (c *composer) toPivot(n Node) {
	id := function.ID(n.Data().String("id"))
	if c.address == nil || id == "" {
		return
	}
	address := c.address(id)
	if address == "" {
		return
	}
	data := map[string]any{
		"voice_url": address, "method": "post", "req_format": "kazoo", "req_body_format": "json", "debug": false,
	}
	if skip, ok := n.Data()["skip_module"]; ok {
		data["skip_module"] = skip
	}
	n.Members["module"], n.Members["data"] = "pivot", data
}
