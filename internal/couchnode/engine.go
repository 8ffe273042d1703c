package couchnode

import (
	"context"
	"encoding/json"
)

// Engine evaluates the functions of design documents for the node. In the service it is the sandbox pool. It must be
// safe for concurrent use and must honour ctx. An error that is no *EngineError is the engine's own failure: it is
// logged, and the client learns only that the engine failed.
type Engine interface {
	// Show runs the source fun for doc (JSON, null where the document is missing) and req and returns the response
	// object: the second element of the query server's ["resp", {…}]. It returns nil where whoever asks has been answered
	// by other means, in this process.
	Show(ctx context.Context, language, fun string, doc json.RawMessage, req ShowRequest) (json.RawMessage, error)

	// Map runs every source in funs over every document. rows[d][f] lists what funs[f] emitted for docs[d], in
	// order; a document over which a function failed has no rows there. With no documents it only checks that the
	// sources compile; one that does not is an *EngineError with the word "compilation_error".
	Map(ctx context.Context, language string, funs []string, docs []json.RawMessage) (rows [][][]Row, err error)

	// Validate asks the source fun of a validate_doc_update about every edit, in order: nil where it let the edit pass,
	// else what it threw ("forbidden", "unauthorized" …). user is CouchDB's userCtx, security the database's security
	// object.
	Validate(ctx context.Context, language, fun string, user, security json.RawMessage, edits []Edit) ([]*EngineError,
		error)
}

// ShowRequest is what a show is asked. Query and Form are the request's parameters, each as a JSON object. Whole makes
// CouchDB's request object, in which they stand three times.
type ShowRequest struct {
	Query, Form json.RawMessage
	Whole       func() (json.RawMessage, error)
}

// Edit is a document as it would be stored, and the revision that it is based on (JSON; null where there is none).
type Edit struct {
	New json.RawMessage
	Old json.RawMessage
}

// Row is one emitted key and value, as JSON.
type Row struct {
	Key   json.RawMessage `json:"key"`
	Value json.RawMessage `json:"value"`
}
