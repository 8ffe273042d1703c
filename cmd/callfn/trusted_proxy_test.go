package main

import (
	"net/netip"
	"slices"
	"testing"
)

func TestTrustedProxyFlag(t *testing.T) {
	for text, want := range map[string][]netip.Prefix{
		"":                           nil,
		"10.0.0.7":                   {netip.MustParsePrefix("10.0.0.7/32")},
		"10.0.0.7/24, 2001:db8::/48": {netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("2001:db8::/48")},
	} {
		var got trustedProxies
		if err := got.UnmarshalText([]byte(text)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.7 10.0.0.8"} {
		if err := new(trustedProxies).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken, want a refusal", text)
		}
	}
}
