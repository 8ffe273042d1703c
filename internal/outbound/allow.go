package outbound

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"callfn/internal/guardedhttp"
)

// Allowed is a network that is not public and that functions may reach nonetheless.
type Allowed struct {
	Network  netip.Prefix
	Accounts []string // whose functions; every account's when empty
}

// AllowList is what the operator allows besides public addresses.
type AllowList []Allowed

// ErrAllow means that something is no entry of an AllowList.
var ErrAllow = errors.New("want a network, and the accounts that may reach it unless all may: " +
	"10.1.2.0/24=ACCOUNT,ACCOUNT")

// ParseAllowed reads "10.1.2.0/24", "10.1.2.3" or "fd00::/8=ACCOUNT,ACCOUNT", where an account is 32 hex digits.
func ParseAllowed(text string) (Allowed, error) {
	network, accounts, some := strings.Cut(text, "=")
	var a Allowed
	var err error
	if address, asAddress := netip.ParseAddr(network); asAddress == nil && address.Zone() == "" {
		a.Network = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())
	} else if a.Network, err = netip.ParsePrefix(network); err != nil {
		return a, fmt.Errorf("%q: %w", text, ErrAllow)
	}
	a.Network = a.Network.Masked()
	if !some {
		return a, nil
	}
	for id := range strings.SplitSeq(accounts, ",") {
		if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
			return a, fmt.Errorf("%q: %w", text, ErrAllow)
		}
		a.Accounts = append(a.Accounts, id)
	}
	return a, nil
}

// inner tells the addresses that the operator allows an account, public or not.
func (l AllowList) inner(account string) func(netip.Addr) bool {
	var networks []netip.Prefix
	for _, a := range l {
		if len(a.Accounts) == 0 || slices.Contains(a.Accounts, account) {
			networks = append(networks, a.Network)
		}
	}
	return func(address netip.Addr) bool {
		return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(address.Unmap()) })
	}
}

// all tells every address that an account's functions may reach.
func (l AllowList) all(account string) func(netip.Addr) bool {
	inner := l.inner(account)
	return func(address netip.Addr) bool { return guardedhttp.Public(address) || inner(address) }
}
