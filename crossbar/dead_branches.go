package crossbar

import (
	"maps"
	"regexp"
	"slices"

	"callfn/internal/datastore"
	"callfn/schemas"
)

// flowNode is a node of a flow with its place.
type flowNode struct {
	path     []string
	module   string
	data     map[string]any
	children map[string]any
}

// nodesOf lists the nodes of a flow, each before its children, which are sorted.
func nodesOf(flow any, path ...string) (nodes []flowNode) {
	node, ok := flow.(map[string]any)
	if !ok {
		return nil
	}
	module, _ := node["module"].(string)
	data, _ := node["data"].(map[string]any)
	children, _ := node["children"].(map[string]any)
	nodes = append(nodes, flowNode{path, module, data, children})
	for _, key := range slices.Sorted(maps.Keys(children)) {
		nodes = append(nodes, nodesOf(children[key], slices.Concat(path, []string{"children", key})...)...)
	}
	return nodes
}

// menuKey matches the keys of a menu's children: keys that a caller presses, or what replaces them.
var menuKey = regexp.MustCompile(`^(?:[0-9*#]+|timeout|max_retries|_)$`)

// needsID are the modules that do nothing without the document that data.id names.
var needsID = []string{"function", "callflow", "menu", "device", "user", "cidlistmatch"}

// deadBranches warns of nodes that no call reaches, and of nodes that name no document.
func deadBranches(flow any) (warnings []schemas.Warning) {
	for _, node := range nodesOf(flow, "flow") {
		if id, _ := node.data["id"].(string); id == "" && slices.Contains(needsID, node.module) &&
			node.data["skip_module"] != true {
			warnings = append(warnings, schemas.Warning{
				Path:    schemas.Path(slices.Concat(node.path, []string{"data", "id"})...),
				Message: "the node names no " + node.module + " by its id: calls go on at `_`",
			})
		}
		for _, key := range slices.Sorted(maps.Keys(node.children)) {
			if why := whyNeverTaken(node.module, key); why != "" {
				path := schemas.Path(slices.Concat(node.path, []string{"children", key})...)
				warnings = append(warnings, schemas.Warning{Path: path, Message: "no call comes here: " + why})
			}
		}
	}
	return warnings
}

// whyNeverTaken explains why no call takes a child; "" if one may.
func whyNeverTaken(module, key string) string {
	switch {
	case module == "hangup" || module == "response":
		return module + " ends the call"
	case module == "menu" && !menuKey.MatchString(key):
		return "the children of a menu are called after the keys that are pressed, or timeout, max_retries or `_`"
	case module == "temporal_route" && !datastore.ValidID(key) && key != "_" && key != "rule_set":
		return "the children of a temporal_route are called after ids of time rules, or `_`"
	}
	return ""
}
