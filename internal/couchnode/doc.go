// Package couchnode is an embedded CouchDB-shaped node: an http.Handler over one bbolt file, reached by the unchanged
// kivik couchdb driver through an in-process http.RoundTripper, and by replicators through a socket.
//
// It is as large as callfn and a CouchDB replicator need: databases, documents with revisions and conflicts,
// replication's endpoints (_revs_diff, open_revs, _bulk_get, new_edits=false, _local), _all_docs, _bulk_docs, map
// views with _count and _sum, _changes, _show and validate_doc_update. Status codes, error words and reasons are
// CouchDB 3.4's. What it does not do answers 501 not_implemented and says so.
//
// Where it deliberately differs from CouchDB:
//   - An object that names a member twice is refused (400); CouchDB lets the last one win.
//   - Strings that Unicode collation holds equal are distinct view keys, ordered by their bytes.
//   - Bodies of superseded revisions are gone at once, as if the database had just been compacted.
//   - A show has no ETag: CouchDB's ignores the query, so If-None-Match answers one call with another's result.
//   - A show whose request body is compressed is refused (415); CouchDB hands the compressed bytes to the function.
//   - There are no attachments, no cluster, no _users.
//
// A write that was acknowledged is on disk (fsync) and survives kill -9. Concurrent writers share one fsync.
package couchnode
