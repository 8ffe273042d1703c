package crossbar

import (
	"net/http"

	"callfn/internal/callrecord"
	"callfn/internal/datastore"
)

// cdrs is KAZOO's cdrs (cb_cdrs.erl): the records of the account's calls that are over, the latest first, with the
// steps of the walk and the runs of its functions.
type cdrs struct {
	store callrecord.Store
	api   *API
}

func (c cdrs) routes() []Route {
	all := underAccount + "/cdrs"
	return []Route{
		{http.MethodGet, all, "cdrs", Subtree, false, c.list},
		{http.MethodGet, all + "/:id", "cdrs", Subtree, false, c.show},
	}
}

// list lists all records, or those of one call (?call_id=…).
func (c cdrs) list(x *exchange) (*answer, error) {
	if call, ok := x.option("call_id"); ok && call != "" {
		docs, err := c.store.OfCall(x.ctx, x.account.ID(), call)
		if err != nil {
			return nil, err
		}
		items := make([]any, len(docs))
		for i, doc := range docs {
			items[i] = summary(doc)
		}
		return &answer{data: items, page: &page{size: len(items)}}, nil
	}
	l := listing{view: c.store.View, docBytes: c.api.cfg.PageBytes}
	return l.read(x, string(x.account.ID()))
}

// summary returns a record as the listing shows it.
func summary(doc datastore.Document) map[string]any {
	shown := doc.Public()
	delete(shown, "steps")
	return shown
}

// show answers a record by its id, or the latest record of a call by its Call-ID.
func (c cdrs) show(x *exchange) (*answer, error) {
	doc, err := c.store.Get(x.ctx, x.account.ID(), x.id())
	if err == nil {
		return &answer{data: public(doc), order: doc.Order(), revision: doc.Rev()}, nil
	}
	docs, byCall := c.store.OfCall(x.ctx, x.account.ID(), x.id())
	switch {
	case byCall != nil:
		return nil, byCall
	case len(docs) == 0:
		return nil, err
	}
	return &answer{data: public(docs[0]), order: docs[0].Order(), revision: docs[0].Rev()}, nil
}
