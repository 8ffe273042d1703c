package crossbar

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"callfn/callflow"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/schemas"
)

// flowReference is a reference of a flow to a document of the account.
type flowReference struct {
	path  string
	id    string
	kinds []string // pvt_type
}

// ruleKinds are the kinds of documents that name children and rules of a temporal_route.
var ruleKinds = []string{string(callflow.TemporalRuleKind), string(callflow.TemporalRuleSetKind)}

// moduleReferences maps modules and members of their data to the kinds of documents that they name. Members that end in
// user_id or device_id name users and devices in every module.
var moduleReferences = map[string]map[string][]string{
	"function":          {"id": {function.DocumentType}},
	"callflow":          {"id": {callflow.DocumentType}},
	"ring_group_toggle": {"callflow_id": {callflow.DocumentType}},
	"device":            {"id": {string(callflow.DeviceKind)}},
	"user":              {"id": {"user"}},
	"hotdesk":           {"id": {"user"}},
	"receive_fax":       {"owner_id": {"user"}},
	"do_not_disturb":    {"id": {"user", string(callflow.DeviceKind)}},
	"menu":              {"id": {string(callflow.MenuKind)}},
	"cidlistmatch":      {"id": {string(callflow.ListKind)}},
	"dynamic_cid":       {"id": {string(callflow.ListKind)}},
	"temporal_route":    {"rules": ruleKinds, "rule_set": {string(callflow.TemporalRuleSetKind)}},
	"ring_group":        {"endpoints": nil},
	"page_group":        {"endpoints": nil},
	"missed_call_alert": {"recipients": nil},
	"notification":      {"recipients": nil},
}

// endpointKinds maps types of endpoints and recipients to kinds of documents.
var endpointKinds = map[string][]string{"user": {"user"}, "device": {string(callflow.DeviceKind)}}

// referencesOf lists the references of a flow, in a fixed order.
func referencesOf(flow any) (out []flowReference) {
	for _, node := range nodesOf(flow, "flow") {
		for _, key := range slices.Sorted(maps.Keys(node.data)) {
			kinds, named := moduleReferences[node.module][key]
			switch {
			case named:
			case strings.HasSuffix(key, "user_id"):
				kinds = []string{"user"}
			case strings.HasSuffix(key, "device_id"):
				kinds = []string{string(callflow.DeviceKind)}
			default:
				continue
			}
			out = append(out, idsIn(slices.Concat(node.path, []string{"data", key}), node.data[key], kinds)...)
		}
		for _, key := range slices.Sorted(maps.Keys(node.children)) {
			if node.module == "temporal_route" && datastore.ValidID(key) {
				below := slices.Concat(node.path, []string{"children", key})
				out = append(out, flowReference{schemas.Path(below...), key, ruleKinds})
			}
		}
	}
	return out
}

// idsIn returns the ids in a member: a text, a list of texts, or a list of members of a group, each with its type.
func idsIn(path []string, value any, kinds []string) (out []flowReference) {
	switch v := value.(type) {
	case string:
		if v != "" && kinds != nil {
			out = append(out, flowReference{schemas.Path(path...), v, kinds})
		}
	case []any:
		for i, item := range v {
			out = append(out, idsIn(slices.Concat(path, []string{strconv.Itoa(i)}), item, kinds)...)
		}
	case map[string]any:
		kind, _ := v["type"].(string)
		if endpoint, ok := v["endpoint_type"].(string); ok {
			kind = endpoint
		}
		if kinds := endpointKinds[kind]; kinds != nil {
			out = append(out, idsIn(slices.Concat(path, []string{"id"}), v["id"], kinds)...)
		}
	}
	return out
}

// missingReferences warns of references to documents that the account does not have.
func (a *API) missingReferences(x *exchange, doc datastore.Document,
	references []flowReference,
) (out []schemas.Warning) {
	references = references[:min(len(references), mostReferences)]
	ids := map[string][]string{}
	for _, r := range references {
		database := databaseOf(r.kinds[0])
		if datastore.ValidID(r.id) && !slices.Contains(ids[database], r.id) {
			ids[database] = append(ids[database], r.id)
		}
	}
	found := map[string]datastore.Document{doc.ID(): doc}
	for database, wanted := range ids {
		rows, err := a.documentsOf(x, database, wanted)
		if err != nil { // the document may be stored all the same
			a.cfg.Log.Warn("cannot read what a document refers to", "request_id", x.requestID, "database", database, "error",
				err)
			return nil
		}
		for _, row := range rows {
			if row.Doc != nil && row.Doc.Account() == string(x.account.ID()) {
				found[row.ID] = row.Doc
			}
		}
	}
	for _, r := range references {
		if message := missing(r, found[r.id]); message != "" {
			out = append(out, schemas.Warning{Path: r.path, Message: message})
		}
	}
	return out
}

// missing returns what is wrong with a reference, or "".
func missing(r flowReference, doc datastore.Document) string {
	noun := strings.ReplaceAll(strings.Join(r.kinds, " or "), "_", " ")
	switch {
	case doc == nil && r.kinds[0] == function.DocumentType:
		return fmt.Sprintf("there is no function %s in this account", clip.Name(r.id))
	case doc == nil: // beside a KAZOO, KAZOO may have documents of these kinds
		return fmt.Sprintf("there is no %s %s in this account here: calls of this service go on without it, and calls of a "+
			"KAZOO beside it use KAZOO's own", noun, clip.Name(r.id))
	case !slices.Contains(r.kinds, doc.Type()):
		return fmt.Sprintf("%s is no %s but a %s", r.id, noun, strings.ReplaceAll(doc.Type(), "_", " "))
	case doc.Deleted():
		return fmt.Sprintf("%s %s was deleted", noun, r.id)
	case doc.Type() == function.DocumentType && doc["enabled"] == false:
		return fmt.Sprintf("function %s is switched off: calls go on at `_`", r.id)
	}
	return ""
}

// databaseOf returns the database of a kind of documents.
func databaseOf(kind string) string {
	switch kind {
	case function.DocumentType:
		return datastore.Functions
	case "user":
		return datastore.Accounts
	}
	return datastore.Callflows
}
