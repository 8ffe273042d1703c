package crossbar

import (
	"callfn/internal/datastore"
	"callfn/internal/runrecord"
)

// Records of runs are listed like other documents: newest first, in pages, with filters such as filter_outcome,
// filter_source and created_from.

// listRuns lists all runs of the account, or those of one call (?call_id=…).
func (a *API) listRuns(x *exchange) (*answer, error) {
	l := a.runsListing("crossbar_listing")
	if call, ok := x.option("call_id"); ok && call != "" {
		l = a.runsListing("by_call")
		l.within = func(*exchange) []any { return []any{call} }
	}
	return l.read(x, string(x.account.ID()))
}

// listFunctionRuns lists the runs of one function, even if it was deleted.
func (a *API) listFunctionRuns(x *exchange) (*answer, error) {
	if !datastore.ValidID(x.id()) {
		return nil, badIdentifier(x.id())
	}
	l := a.runsListing("by_function")
	l.within = func(x *exchange) []any { return []any{x.id()} }
	return l.read(x, string(x.account.ID()))
}

func (a *API) runsListing(view string) listing {
	records := runrecord.Collection(a.cfg.Datastores)
	records.Listing = view
	return listing{view: records.ByAccount, docBytes: a.cfg.PageBytes, computed: []string{"message", "line"}}
}

// showRun shows the record of one run.
func (a *API) showRun(x *exchange) (*answer, error) {
	doc, err := runrecord.Collection(a.cfg.Datastores).Get(x.ctx, string(x.account.ID()), x.path["run"])
	if err != nil {
		return nil, err
	}
	if of, named := x.path["id"]; named && doc.Text("function_id") != of {
		return nil, badIdentifier(x.path["run"])
	}
	shown := public(doc)
	if err := keepLevel(x, shown); err != nil {
		return nil, err
	}
	return &answer{data: shown, order: doc.Order(), revision: doc.Rev()}, nil
}
