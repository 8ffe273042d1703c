// Package mover moves a database from one connection to another while it is read and written, without losing a
// document.
//
// A move is one document in system_data, advanced by compare-and-set:
//
//	copying      documents are copied with their revision ids until little is left, and both sides are compared;
//	             readers and writers use From
//	fenced       a validate_doc_update at From refuses every write, an administrator's too; writers wait; the rest is
//	             copied and compared
//	switched     readers and writers use To; From keeps everything and stays fenced, and is swept for late documents
//	finished     Finish was called: there is no way back to From
//	rolled_back  Rollback was called: everything is at From again
//
// An empty database moves the same way; it just has nothing to copy.
//
// Rollback of a move that has not switched lifts the fence. Of one that has, the same states are run once more with
// From and To exchanged (Returns), so that what was written at To comes back.
//
// One process at a time works at a move: the holder of the lease, which is in the document too. When that process dies,
// another one (or the same, restarted) continues once the lease has expired. Every step can be repeated, and a process
// that lost the lease fails at its next change of the document. The fence carries its holder's stamp, so that no
// process removes another's.
//
// # Clusters
//
// A cluster answers a change feed from one copy of each document. That copy may lag behind a write that a majority has
// acknowledged. A move from a cluster therefore asks several times behind the fence, and sweeps From again after the
// switch. It ends, as finished or as rolled_back, only after [sweepsOfCluster] sweeps; a server alone is swept once.
//
// # What stays behind
//
// From keeps its documents and its fence after the end: nothing is deleted that somebody may still look for. The fence
// is removed when a database is moved back there.
package mover
