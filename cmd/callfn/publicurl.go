package main

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// refusedByKAZOO are the addresses on KAZOO's default blacklist (kz_http_util), where each network has one address, and
// their equivalents in IPv6.
var refusedByKAZOO = []netip.Addr{
	netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("0.0.0.0"), netip.IPv6Loopback(), netip.IPv6Unspecified(),
}

// publicURL checks --public-url and returns it without a slash at the end. KAZOO refuses flows with addresses on its
// default blacklist and hangs up on the caller, so no flow may contain such an address.
func publicURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || len(text) > 256 || !isBase(u) {
		return "", usageError{errorf("--public-url %q: want an address such as https://fn.example.com", text)}
	}
	host := strings.ToLower(u.Hostname())
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && slices.Contains(refusedByKAZOO, addr.Unmap()) {
		return "", usageError{errorf("--public-url %q: KAZOO does not accept addresses on localhost in a flow; give the "+
			"one that it reaches this machine at", text)}
	}
	return strings.TrimRight(text, "/"), nil
}

// isBase reports whether paths can be appended to an address, and it has no credentials.
func isBase(u *url.URL) bool {
	web := u.Scheme == "http" || u.Scheme == "https"
	return web && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
