package function

import (
	"context"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// DocumentType is the pvt_type of function documents.
const DocumentType = "function"

// DisabledMessage is the private field with the reason why the platform switched a function off; clients see it as
// disable_reason (docs/reference/kazoo.md#the-functions-design-document, docs/reference/kazoo.md#automatic-disabling).
const DisabledMessage = "pvt_disabled_message"

// EnabledAgain is the private field with the time, RFC 3339, at which somebody switched the function on again: runs
// before it count no more against the function.
const EnabledAgain = "pvt_enabled_again"

// Documents is the function documents, each seen through the account it belongs to.
type Documents struct{ datastore.Collection }

// Collection names the function documents. It sends nothing.
func Collection(datastores datastore.Resolver) Documents {
	return Documents{datastore.Collection{
		Datastores: datastores, Database: datastore.Functions, Type: DocumentType, Design: "functions",
		Listing: "crossbar_listing",
	}}
}

// Function is a stored function as whoever runs it needs it.
type Function struct {
	ID            ID
	Rev           string
	Account       account.ID
	Name          string
	Source        string // body of a JavaScript function with one parameter, call
	LanguagePack  string // "javascript"; other languages are kept and not run
	Enabled       bool
	DisableReason string // why the platform switched it off, or ""
}

// FromDocument reads a function from its document.
func FromDocument(doc datastore.Document) Function {
	enabled, set := doc["enabled"].(bool)
	pack := doc.Text("language_pack")
	if pack == "" {
		pack = "javascript"
	}
	return Function{
		ID: ID(doc.ID()), Rev: doc.Rev(), Account: account.ID(doc.Account()), Name: doc.Text("name"),
		Source: doc.Text("function_js"), LanguagePack: pack, Enabled: enabled || !set,
		DisableReason: doc.Text(DisabledMessage),
	}
}

// Read reads one function of an account. datastore.ErrNotFound when it is absent, deleted, of another account or
// malformed: one answer for all.
func (d Documents) Read(ctx context.Context, acct account.ID, id ID) (Function, error) {
	doc, err := d.Get(ctx, string(acct), string(id))
	if err != nil {
		return Function{}, err
	}
	return FromDocument(doc), nil
}
