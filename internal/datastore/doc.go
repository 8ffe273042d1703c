// Package datastore is the one way to documents. It names connections, databases and documents in the service's own
// words, reaches them over the kivik CouchDB driver (a CouchDB cluster, or the embedded node through an in-process
// round tripper: nothing above can tell which), applies KAZOO's document rules (private fields, soft delete, ids;
// docs/reference/kazoo.md#documents-over-http, docs/reference/kazoo.md#stored-documents), and turns every failure into
// one of a closed set of kinds.
//
// Nothing but this package and the show runner knows kivik.
package datastore
