// Package storageplan says on which CouchDB each database lives: KAZOO's storage plans
// (docs/reference/kazoo.md#storage-plans), read the one way that their documentation promises.
//
// A [Plan] names connections and says by rules which databases are on which. [Resolve] is the whole of those rules, a
// pure function. A [Resolver] is the plan in force: it follows the plan and the migrations stored in system_data
// through CouchDB's change feed, so every process that shares a CouchDB is on the new plan a moment after it was
// stored, and it keeps one pool of connections for each connection of the plan.
//
// A plan says where a database is wanted. Its home ([Resolver.Home]) is where its documents are; a [Mover] changes the
// home without losing any.
package storageplan
