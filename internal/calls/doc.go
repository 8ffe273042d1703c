// Package calls carries out real calls, whatever switch they come from, and knows which are in progress: whose a call
// is, which callflow answers it, in which step it is, who may hang it up, and what is told of it when it is over.
//
// A switch adapter hands each call to Handler.Take as a callflow.Call with its callflow.Control.
package calls
