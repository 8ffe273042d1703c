// Package crossbar is the HTTP API under /v2: KAZOO's paths, envelope, errors and ids
// (docs/reference/kazoo.md#http-api, docs/reference/kazoo.md#authentication, docs/reference/kazoo.md#functions-api),
// without its holes (docs/reference/kazoo.md#defects).
//
// Every route is in one table (routes.go): path, verb, who may use it, handler. Every request passes the same stages
// (pipeline.go): read, route, authenticate, authorise, negotiate, handle. A handler gets an exchange, which knows the
// caller, the account and the data, and returns an answer or an error. It never sees the web framework. Each resource
// has a file; documents.go has what resources of stored documents share.
//
// openapi/operations.json has a row for every route. With it, the routes and the schemas make the OpenAPI document,
// against which the tests check every exchange. modules.go starts and stops resources while the service runs.
package crossbar
