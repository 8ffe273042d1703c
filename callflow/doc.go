// Package callflow finds the callflow that answers a call and walks it, with KAZOO's semantics
// (docs/reference/kazoo.md#callflows), as far as a phone switch would take part: modules speak to a Control, which is a
// pretend caller in a rehearsal and a switch adapter in production. Every node that is visited becomes one Step;
// traces, records and live views are made of Steps.
//
// A missing, broken or slow function never ends a call: the walk goes on at the node's `_` child, and the step says
// why.
package callflow
