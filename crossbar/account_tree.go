package crossbar

import (
	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// listChildren lists the accounts directly below one.
func (a *API) listChildren(x *exchange) (*answer, error) {
	return listing{view: a.cfg.Accounts.Children, ascending: true, compute: accountStanding}.read(x,
		string(x.account.ID()))
}

// listDescendants lists the accounts below one at any depth. Their trees are shown from the caller downwards, without
// the accounts above it.
func (a *API) listDescendants(x *exchange) (*answer, error) {
	item := func(x *exchange, row datastore.Row) (any, error) {
		value := jsonvalue.Object{Members: rowValue(row), Order: jsonvalue.OrderOf(row.Value)}
		if tree, ok := value.Members["tree"].([]any); ok {
			value.Members["tree"] = from(tree, x.caller.account)
		}
		return value, nil
	}
	return listing{view: a.cfg.Accounts.Descendants, item: item, ascending: true, compute: accountStanding}.read(x,
		string(x.account.ID()))
}

// from removes the accounts above the caller from a tree. A superduper admin sees all.
func from(tree []any, who account.Account) []any {
	for i, id := range tree {
		if id == string(who.ID()) {
			return tree[i:]
		}
	}
	return tree
}

// listAncestors lists the accounts above one, from the caller down to the parent. KAZOO calls the list parents and
// tree.
func (a *API) listAncestors(x *exchange) (*answer, error) {
	above, err := a.cfg.Accounts.Ancestors(x.ctx, x.account)
	if err != nil {
		return nil, err
	}
	own := x.caller.account
	items := []any{}
	for _, ancestor := range above {
		if own.Superduper() || ancestor.ID() == own.ID() || ancestor.Below(own.ID()) {
			items = append(items, map[string]any{"id": string(ancestor.ID()), "name": ancestor.Name()})
		}
	}
	return &answer{data: items, page: &page{size: len(items)}}, nil
}

// accountStanding returns the members of an account that represent private ones, for filters.
func accountStanding(doc datastore.Document) map[string]any {
	acct := account.FromDocument(doc)
	return map[string]any{
		"enabled": acct.Enabled(), "superduper_admin": acct.Superduper(), "is_reseller": acct.Reseller(),
		"created": doc["pvt_created"],
	}
}
