package account

import (
	"slices"

	"callfn/internal/datastore"
)

// DocumentType is the pvt_type of account documents.
const DocumentType = "account"

// Account is one account as stored. The zero value is no account.
type Account struct {
	doc datastore.Document
}

// FromDocument reads an account from its document, which it keeps.
func FromDocument(doc datastore.Document) Account { return Account{doc: doc} }

// Document returns the account's document. Callers must not change it.
func (a Account) Document() datastore.Document { return a.doc }

// ID returns the account's id, or "" for the zero value.
func (a Account) ID() ID { return ID(a.doc.ID()) }

// Name returns the account's name, unique among accounts up to case and punctuation.
func (a Account) Name() string { return a.doc.Text("name") }

// Realm returns the account's SIP realm, unique among accounts.
func (a Account) Realm() string { return a.doc.Text("realm") }

// Language returns the account's prompt language, or "".
func (a Account) Language() string { return a.doc.Text("language") }

// Preflow returns the id of the callflow that the account's calls run before every other, or ""
// (docs/reference/kazoo.md#finding-the-callflow).
func (a Account) Preflow() string {
	preflow, _ := a.doc["preflow"].(map[string]any)
	id, _ := preflow["always"].(string)
	return id
}

// Tree lists the ancestors, from the root to the parent (docs/reference/kazoo.md#access). It is empty for the master
// account.
func (a Account) Tree() []ID {
	list, _ := a.doc["pvt_tree"].([]any)
	tree := make([]ID, 0, len(list))
	for _, item := range list {
		if id, ok := item.(string); ok {
			tree = append(tree, ID(id))
		}
	}
	return tree
}

// TopLevel returns the ancestor, or the account itself, that is directly below the master account, and the master
// account's id for itself. Limits apply to all accounts of one top-level account together, since accounts below it cost
// nothing to create.
func (a Account) TopLevel() ID {
	if tree := a.Tree(); len(tree) > 1 {
		return tree[1]
	}
	return a.ID()
}

// Below reports whether other is an ancestor of the account.
func (a Account) Below(other ID) bool { return slices.Contains(a.Tree(), other) }

// Superduper reports whether the account is the master account, which may do everything everywhere.
func (a Account) Superduper() bool { return a.doc.Is("pvt_superduper_admin") }

// Enabled reports whether the account may log in and be used. It is true unless an ancestor disabled the account.
func (a Account) Enabled() bool {
	enabled, set := a.doc["pvt_enabled"].(bool)
	return enabled || !set
}

// Deleted reports whether the account was deleted. A tombstone with its place in the tree remains.
func (a Account) Deleted() bool { return a.doc.Deleted() }

// Reseller reports whether the account resells to the accounts below it. The master account always does.
func (a Account) Reseller() bool { return a.doc.Is("pvt_reseller") || len(a.Tree()) == 0 }

// APIKey returns the account's secret. It is never logged, and shown only in answers of the api_key resource.
func (a Account) APIKey() string { return a.doc.Text("pvt_api_key") }

// SignatureSecret returns a part of the signature of the account's tokens. A new one makes them all invalid.
func (a Account) SignatureSecret() string { return a.doc.Text(secretField) }

// timeZone returns the account's own time zone, or "".
func (a Account) timeZone() string { return a.doc.Text("timezone") }
