package couchnode

import (
	"context"
	"encoding/json"
)

// Engine evaluates the functions of design documents for the node. In the service it is the sandbox pool. It must be
// safe for concurrent use and must honour ctx. An error that is not an *EngineError is the engine's own failure: the
// node logs it and tells the client only that the engine failed.
type Engine interface {
	// Show runs the source fun for doc (JSON, null if the document is missing) and req. It returns the response object:
	// the second element of the query server's ["resp", {…}]. It returns nil if the caller, in this process, received the
	// answer by other means.
	Show(ctx context.Context, language, fun string, doc json.RawMessage, req ShowRequest) (json.RawMessage, error)

	// Map runs every source in funs on every document. rows[d][f] lists what funs[f] emitted for docs[d], in order. A
	// document on which a function failed has no rows there. Without documents, Map only checks that the sources compile.
	// One that does not compile gives an *EngineError with the word "compilation_error".
	Map(ctx context.Context, language string, funs []string, docs []json.RawMessage) (rows [][][]Row, err error)

	// Validate runs the validate_doc_update source fun for every edit, in order. It returns nil for an accepted edit, else
	// what the function threw ("forbidden", "unauthorized" …). user is CouchDB's userCtx, security the database's security
	// object.
	Validate(ctx context.Context, language, fun string, user, security json.RawMessage, edits []Edit) ([]*EngineError,
		error)
}

// ShowRequest is the request to a show. Query and Form are the request's parameters, each as a JSON object. Whole
// returns CouchDB's request object, which contains them three times.
type ShowRequest struct {
	Query, Form json.RawMessage
	Whole       func() (json.RawMessage, error)
}

// Edit is a document to store and the revision that it is based on (JSON; null if there is none).
type Edit struct {
	New json.RawMessage
	Old json.RawMessage
}

// Row is one emitted key and value, as JSON.
type Row struct {
	Key   json.RawMessage `json:"key"`
	Value json.RawMessage `json:"value"`
}
