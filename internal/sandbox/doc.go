// Package sandbox runs untrusted JavaScript in worker processes. Each run gets a fresh world, a deadline, a memory cap
// and access to nothing but the language.
//
// There are two sides. A worker (ServeWorker) is a process of its own. It takes jobs on stdin and answers on stdout,
// one frame each, and has no other access. A supervisor (Process, Pool) owns workers: it starts them, gives them jobs,
// kills one that overruns its deadline and starts a replacement. User code can spoil only its own run: the world ends
// with the run, byte by byte (package engine), and the process dies if the run cannot be stopped.
//
// The engine is modernc.org/libquickjs, the QuickJS release that CouchDB itself ships, without cgo.
package sandbox
