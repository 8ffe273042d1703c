package callflow

import "callfn/internal/jsonvalue"

// withPreflow puts the account's preflow before a flow: a `callflow` node whose `_` child is the flow, as KAZOO wraps
// it (kzd_callflows:prepend_preflow; docs/reference/kazoo.md#finding-the-callflow). A preflow that cannot be opened is
// skipped, with a note in its step.
func withPreflow(preflow ID, flow Node) Node {
	if preflow == "" {
		return flow
	}
	var order *jsonvalue.Order
	return Node{jsonvalue.Object{
		Members: map[string]any{
			"module": "callflow", "data": map[string]any{"id": string(preflow)},
			"children": map[string]any{Wildcard: flow.Members},
		},
		Order: order.With("module", nil).With("data", nil).With("children", order.With(Wildcard, flow.Order)),
	}}
}
