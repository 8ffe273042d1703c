// Package datastore is the only way to stored documents. It reaches them through the kivik CouchDB driver, in a CouchDB
// cluster or in the embedded node (by an in-process round tripper); no caller can tell which. It applies KAZOO's
// document rules (private fields, soft delete, ids; docs/reference/kazoo.md#documents-over-http,
// docs/reference/kazoo.md#stored-documents) and turns every failure into one of a closed set of kinds. Only this
// package and the show runner import kivik.
package datastore
