package sip

import (
	"net/netip"
	"slices"
)

// Access says who may call.
type Access struct {
	Peers []netip.Prefix // carriers, proxies and phones that the operator trusts
	Open  bool           // everybody else may call too, and reaches callflows and nothing more
}

// trusted reports whether an address is a peer's.
func (a Access) trusted(ip netip.Addr) bool {
	ip = ip.Unmap()
	return slices.ContainsFunc(a.Peers, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// allowed reports whether an address may talk to the server at all.
func (a Access) allowed(ip netip.Addr) bool { return a.Open || a.trusted(ip) }
