// Package sandbox runs JavaScript that nobody trusts: in worker processes that give each run a world that nothing has
// run in, with a deadline, a memory cap and no way to reach anything but the language.
//
// There are two sides. A worker (ServeWorker) is a process of its own; it takes jobs on stdin and answers on stdout,
// one frame each, and knows nothing else. A supervisor (Process, Pool) owns workers: it starts them, hands them jobs,
// kills the one that overruns its deadline and puts a new one in its place. User code can spoil its own run and nothing
// else: the world ends with the run, byte by byte (package engine); the process dies when the run cannot be stopped.
//
// The engine is modernc.org/libquickjs, the QuickJS release that CouchDB itself ships, without cgo.
package sandbox
