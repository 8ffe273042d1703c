package callflow

import (
	"fmt"
	"maps"

	"callfn/internal/function"
)

// mostPivotNodes bounds the flow that KAZOO is given, in nodes: what waits is repeated wherever the flow can end.
const mostPivotNodes = 5000

// compose makes one flow of a flow and of what waits behind it, the last of which is next. What waits becomes the `_`
// child of every node that has none, and takes the place of empty children: there the executor would take it up. Only a
// module that stops the call itself, on success, now ends it.
func compose(flow Node, waiting []Node, address func(function.ID) string) (Node, error) {
	var then Node
	size := 0
	for _, next := range append(waiting, flow) {
		c := composer{then: then, thenSize: size, left: mostPivotNodes, address: address}
		then = c.node(next)
		if size = mostPivotNodes - c.left; c.left < 0 {
			return nil, fmt.Errorf("it has more than %d nodes, with what follows at each of its ends: %w", mostPivotNodes, ErrUnfitFlow)
		}
	}
	return then, nil
}

type composer struct {
	then     Node // nil for nothing
	thenSize int  // in nodes
	left     int  // nodes that there is room for; negative for too many
	address  func(function.ID) string
}

// node copies a flow. Its recursion is bounded by the decoder's and the schemas'.
func (c *composer) node(n Node) Node {
	if c.left--; c.left < 0 {
		return nil
	}
	out := maps.Clone(n)
	if n.Module() == "function" {
		c.point(out)
	}
	children, _ := n["children"].(map[string]any)
	shown := make(map[string]any, len(children)+1)
	for key := range children {
		child, ok := n.Child(key)
		switch {
		case ok && !child.Empty():
			shown[key] = map[string]any(c.node(child))
		case ok && c.then != nil:
			shown[key] = c.end()
		default:
			shown[key] = children[key]
		}
	}
	if _, ok := shown[Wildcard]; !ok && c.then != nil && !endsCall(n.Module()) {
		shown[Wildcard] = c.end()
	}
	if len(shown) > 0 {
		out["children"] = shown
	}
	return out
}

func (c *composer) end() map[string]any {
	c.left -= c.thenSize
	return c.then
}

// endsCall: nothing follows these, whatever stands below.
func endsCall(module string) bool { return module == "hangup" || module == "response" }

// point turns a function node that KAZOO would come to into a pivot node that asks for that function then, with what the
// caller has pressed by then. POST with JSON keeps parameters out of access logs, and their names apart: KAZOO does not
// encode names in a query string (kazoo-facts §10, B33).
func (c *composer) point(n Node) {
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
	n["module"], n["data"] = "pivot", data
}
