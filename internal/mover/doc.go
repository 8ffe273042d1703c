// Package mover moves a database from one connection to another while it is read and written, without losing a
// document.
//
// A move is one document in system_data, advanced by compare-and-set:
//
//	copying      documents are copied, with their revision ids, as often as something new comes, and both sides are compared; readers
//	             and writers are at From
//	fenced       a validate_doc_update at From refuses every write, an administrator's too; writers wait. What came last is copied
//	             and compared
//	switched     readers and writers are at To. From keeps everything and stays fenced
//	finished     told so by Finish: From is not gone back to any more
//	rolled_back  told so by Rollback: everything is at From again. Of a move that had switched, what was written since is copied
//	             back first, by the same states with From and To exchanged
//
// Whoever works at a move holds its lease, which is in the document too. When that process dies, another one (or the
// same, started anew) goes on once the lease has run out: every step can be done again, and every change of the
// document fails for whoever does not hold the lease any more. The fence carries its holder's stamp, so that nobody
// lifts another's.
//
// From keeps its documents and its fence after Finish as well: nothing is deleted that somebody may still look for. The
// fence goes when a database is moved back there.
package mover
