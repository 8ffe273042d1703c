// Package storageplan decides on which CouchDB each database is: KAZOO's storage plans
// (docs/reference/kazoo.md#storage-plans), as their documentation describes them.
//
// A [Plan] names connections and has rules for which databases are on which. [Resolve] applies those rules; it is a
// pure function. A [Resolver] is the plan in force. It follows the plan and the migrations in system_data through
// CouchDB's change feed, so every process that shares a CouchDB uses a new plan a moment after it was stored. It keeps
// a pool of connections for each connection of the plan.
//
// A plan says where a database is wanted. The database's home ([Resolver.Home]) is where its documents are. A [Mover]
// changes the home without losing documents.
package storageplan
