package callflow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// OrderKept is the private field of a callflow that records whether its children are in the order in which they were
// written. It is false if they were stored sorted before, since callfn once sorted the members of what it stored. If it
// is missing, the document's own order decides: see LostOrder.
const OrderKept = "pvt_order_kept"

// UnorderedRoute is a temporal_route whose children may not be in the order in which they were written.
type UnorderedRoute struct {
	Path  []string // of the node, from the document
	Rules []string // the children, in the order in which they are tried
}

// Place returns the path in KAZOO's notation.
func (r UnorderedRoute) Place() string { return jsonvalue.Path(r.Path...) }

// Says explains the fault to a telecom admin.
func (r UnorderedRoute) Says() string {
	const most = 5
	rules := strings.Join(r.Rules[:min(len(r.Rules), most)], ", ")
	if len(r.Rules) > most {
		rules += " …"
	}
	return "an earlier version of callfn lost the order of this temporal_route's children; where several rules hold " +
		"the wrong one may win (they are tried in the order " + clip.Text(rules, 400) + ")"
}

// Fix returns what to do about it.
func (UnorderedRoute) Fix() string {
	return "list the rules in data.rules in the order in which they are to be tried"
}

// LostOrder lists the temporal_routes of a stored callflow that have two or more children in a lost order. These have
// no data.rules, and OrderKept is false, or it is missing and every object of the flow is sorted, as callfn once stored
// them. KAZOO keeps the order of what it stores, and its flows are hardly ever sorted throughout.
func LostOrder(doc datastore.Document) []UnorderedRoute {
	kept, told := doc[OrderKept].(bool)
	flow, ok := jsonvalue.Object{Members: doc, Order: doc.Order()}.At("flow")
	if !ok || kept || !told && !flow.Order.Sorted() {
		return nil
	}
	return unorderedRoutes(nil, []string{"flow"}, Node{flow})
}

// unorderedRoutes appends the routes at and below a node. The decoder bounds its recursion.
func unorderedRoutes(found []UnorderedRoute, path []string, n Node) []UnorderedRoute {
	keys := n.Keys()
	_, switches := ruleActions()[n.Data().String("action")]
	choosing := switches || n.Data().String("action") == "menu"
	if n.Module() == "temporal_route" && len(n.Data().Strings("rules")) == 0 && len(keys) > 1 && !choosing {
		found = append(found, UnorderedRoute{Path: path, Rules: keys})
	}
	for _, key := range append(keys, Wildcard) {
		if child, ok := n.Child(key); ok {
			found = unorderedRoutes(found, append(slices.Clip(path), "children", key), child)
		}
	}
	return found
}

// MarkOrder records in a callflow that is about to be stored whether its order is kept. before is the stored document,
// nil for a new one. A lost order stays lost until the rules are listed, or the client writes a different order.
func MarkOrder(before, doc datastore.Document) {
	delete(doc, OrderKept)
	flow, _ := jsonvalue.Object{Members: doc, Order: doc.Order()}.At("flow")
	routes := unorderedRoutes(nil, []string{"flow"}, Node{flow})
	if len(routes) == 0 {
		return // nothing depends on it
	}
	doc[OrderKept] = true
	for _, lost := range LostOrder(before) {
		for _, route := range routes {
			if sameOrder(lost.Rules, route.Rules) {
				doc[OrderKept] = false
				return
			}
		}
	}
}

// sameOrder reports whether two routes share at least two rules and have them in the same order.
func sameOrder(a, b []string) bool {
	common := func(of, with []string) []string {
		return slices.DeleteFunc(slices.Clone(of), func(rule string) bool { return !slices.Contains(with, rule) })
	}
	left := common(a, b)
	return len(left) > 1 && slices.Equal(left, common(b, a))
}

// Unordered is a stored callflow with routes whose order was lost.
type Unordered struct {
	Account account.ID
	ID      ID
	Name    string
	Routes  []UnorderedRoute
}

// FindLostOrder searches every account's callflows and calls found for those whose order was lost. It reads the listing
// in pages, and the documents that have a temporal_route.
func FindLostOrder(ctx context.Context, datastores datastore.Resolver, found func(Unordered)) error {
	const page = 500
	collection := Collection(datastores)
	q := datastore.Query{Limit: page}
	for {
		rows, err := collection.ByAccount(ctx, q)
		if err != nil {
			return fmt.Errorf("look for callflows whose order was lost: %w", err)
		}
		var ids []any
		for _, row := range rows {
			var value struct{ Modules []string }
			if json.Unmarshal(row.Value, &value) == nil && slices.Contains(value.Modules, "temporal_route") {
				ids = append(ids, row.ID)
			}
		}
		if err := lostOrderOf(ctx, collection, ids, found); err != nil {
			return fmt.Errorf("look for callflows whose order was lost: %w", err)
		}
		if len(rows) < page {
			return nil
		}
		last := rows[len(rows)-1]
		q.StartKey, q.StartDocID, q.Skip = last.Key, last.ID, 1
	}
}

func lostOrderOf(ctx context.Context, collection datastore.Collection, ids []any, found func(Unordered)) error {
	if len(ids) == 0 {
		return nil
	}
	db, err := collection.Datastores.Resolve(collection.Database, collection.Type)
	if err != nil {
		return err
	}
	const batch = 50 // a callflow may be a megabyte
	for len(ids) > 0 {
		n := min(len(ids), batch)
		rows, err := db.AllDocs(ctx, datastore.Query{Keys: ids[:n], IncludeDocs: true})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Doc == nil || row.Doc.Deleted() {
				continue
			}
			if routes := LostOrder(row.Doc); len(routes) > 0 {
				found(Unordered{
					Account: account.ID(row.Doc.Account()), ID: ID(row.Doc.ID()), Name: row.Doc.Text("name"), Routes: routes,
				})
			}
		}
		ids = ids[n:]
	}
	return nil
}
