// Package hostcall is the host's side of what functions may use: it makes grants of what a function declares (package
// bindings) and answers what its code asks for over the worker's pipe (sandbox.Host). One file per binding has the
// binding's verbs; verbs.go has the table of all.
//
// Grants come from the stored document and this process alone. Nothing that a worker says widens them.
package hostcall
