package main

import (
	"net/netip"
	"strings"
)

// trustedProxies are the networks of proxies whose X-Forwarded-For gives the client's address.
type trustedProxies []netip.Prefix

// String returns the networks in the form that UnmarshalText reads.
func (p trustedProxies) String() string {
	words := make([]string, len(p))
	for i, network := range p {
		words[i] = network.String()
	}
	return strings.Join(words, ",")
}

// UnmarshalText reads networks and addresses, separated by commas.
func (p *trustedProxies) UnmarshalText(text []byte) error {
	*p = nil
	for word := range strings.SplitSeq(string(text), ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		network, err := netip.ParsePrefix(word)
		if err != nil {
			address, err := netip.ParseAddr(word)
			if err != nil {
				return errorf("%q: want a proxy's address or network, such as 10.0.0.7 or 10.0.0.0/24", word)
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		if network.Bits() == 0 {
			return errorf("%q would trust everybody: name the proxies' own addresses", word)
		}
		*p = append(*p, network.Masked())
	}
	return nil
}
