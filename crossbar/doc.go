// Package crossbar is the HTTP API under /v2: KAZOO's paths, envelope, errors and ids
// (docs/reference/kazoo.md#http-api, docs/reference/kazoo.md#authentication, docs/reference/kazoo.md#functions-api),
// with its holes closed (docs/reference/kazoo.md#defects).
//
// Every route stands in one table (routes.go): path, verb, who may use it, handler. A request passes one road
// (pipeline.go): read, route, authenticate, authorise, negotiate, handle. A handler gets an exchange, which knows who
// asks, about which account and with what data, and gives an answer or an error; it never sees the web framework. One
// file per resource; what resources share about stored documents is in documents.go.
//
// openapi/operations.json has a row for every route; with it, the routes and the schemas make the OpenAPI document that
// the tests hold every exchange against. modules.go switches resources on and off while the service runs.
package crossbar
