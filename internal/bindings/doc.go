// Package bindings reads what a function declares that it uses, besides the language and the call: the member
// `bindings` of its document. A declaration grants nothing by itself; package hostcall makes a run's grants of it.
package bindings
