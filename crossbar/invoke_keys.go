package crossbar

import (
	"errors"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/schemas"
)

// keyHashField has the hash of a key's secret, which itself is not stored; see auth.Service.NewInvokeKey.
const keyHashField = "pvt_key_hash"

// invokeKeys serves one kind of the keys that open an address of their account: its name and schema, its documents'
// type, the view that lists them, what a key is checked by, and the address that it opens. They are stored beside
// users.
func (a *API) invokeKeys(name, docType, view string,
	check func(*exchange, datastore.Document, datastore.Document) (schemas.FieldErrors, any, error),
	path func(auth.Endpoint) string,
) *documentKind {
	collection := datastore.Collection{
		Datastores: a.cfg.Datastores, Database: datastore.Accounts, Type: docType, Design: "accounts", Listing: view,
	}
	return &documentKind{
		name: name, schema: name, collection: collection, validator: a.cfg.Schemas, random: a.cfg.Random,
		stamp: a.stamp, extraLimit: a.cfg.ExtraLimit,
		room:         a.cfg.Quota.roomFor,
		check:        check,
		beforeDelete: func(doc datastore.Document) { delete(doc, keyHashField) },
		present: func(_ *exchange, doc datastore.Document) (map[string]any, error) {
			shown := public(doc)
			shown["path"] = path(endpointOf(doc))
			return shown, nil
		},
		listing: listing{view: collection.ByAccount},
	}
}

func endpointOf(doc datastore.Document) auth.Endpoint {
	return auth.Endpoint{Account: account.ID(doc.Account()), Function: doc.Text("function")}
}

// checkKey checks that the account has the function.
func (a *API) checkKey(x *exchange, _, doc datastore.Document) (schemas.FieldErrors, any, error) {
	id := doc.Text("function")
	if id == "" {
		return nil, nil, nil
	}
	_, err := function.Collection(a.cfg.Datastores).Get(x.ctx, string(x.account.ID()), id)
	if errors.Is(err, datastore.ErrNotFound) {
		return schemas.FieldErrors{"function": {"not_found": schemas.Violation{
			"message": "The account has no such function", "cause": clip.Name(id),
		}}}, nil, nil
	}
	return nil, nil, err
}

// createKey stores a key of a kind, and gives it and the answer that shows it.
func (a *API) createKey(x *exchange, k *documentKind, data map[string]any) (out *answer, key string, err error) {
	id, err := datastore.NewID(a.cfg.Random)
	if err != nil {
		return nil, "", err
	}
	doc := datastore.Document{"_id": id}.Replace(data).Ordered(x.body.order)
	text, _ := data["function"].(string)
	key, hash, err := a.cfg.Auth.NewInvokeKey(id, auth.Endpoint{Account: x.account.ID(), Function: text})
	if err != nil {
		return nil, "", err
	}
	doc[keyHashField] = hash
	saved, remarks, err := k.store(x, nil, doc)
	if err != nil {
		return nil, "", err
	}
	if out, err = k.answer(x, saved, remarks); err != nil {
		return nil, "", err
	}
	out.location = x.request.URL.EscapedPath() + "/" + id
	out.data.(map[string]any)["key"] = key
	return out, key, nil
}

// revokeKey deletes a key of a kind and removes it from this process's memory.
func (a *API) revokeKey(x *exchange, k *documentKind) (*answer, error) {
	out, err := k.delete(x)
	a.invocations.forget(x.account.ID(), x.id())
	return out, err
}
