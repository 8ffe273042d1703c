// Package outbound sends the HTTP requests of functions. A function reaches the hosts that it declares, at addresses
// that anyone on the internet could reach or that the operator allows its account, within bounds of time and size.
//
// Connections are kept by account, never shared: a pooled connection may hold credentials. A host that does not answer
// costs an account's calls their time once: then a breaker answers for it, and probes of the service's own, in the
// background, find out when it is back.
package outbound
