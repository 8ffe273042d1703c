// Package callflow finds the callflow that answers a call and walks it with KAZOO's semantics
// (docs/reference/kazoo.md#callflows). Modules drive the switch through a Control: a pretend caller in a rehearsal, a
// switch adapter in production. Every visited node becomes one Step; traces, records and live views consist of Steps. A
// missing, broken or slow function never ends a call: the walk continues at the node's `_` child, and the step says
// why.
package callflow
