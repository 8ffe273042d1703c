package crossbar

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// address returns the client's address; for IPv6 the /64, which belongs to one customer. It is the peer of the
// connection or, behind trusted proxies, the client that they name.
func (x *exchange) address() string {
	ip, ok := x.clientIP()
	if !ok {
		return "no_ip"
	}
	if ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}

// clientIP reads X-Forwarded-For from its end, where each proxy adds its peer, as long as the peers are trusted
// proxies. What comes before that may be forged by the client.
func (x *exchange) clientIP() (netip.Addr, bool) {
	ip, ok := parseIP(x.request.RemoteAddr)
	if !ok || len(x.proxies) == 0 {
		return ip, ok
	}
	hops := strings.Split(strings.Join(x.request.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !slices.ContainsFunc(x.proxies, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			break
		}
		next, ok := parseIP(strings.TrimSpace(hop))
		if !ok {
			break
		}
		ip = next
	}
	return ip, true
}

// parseIP reads an address, with or without a port.
func parseIP(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	ip, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return ip.Unmap().WithZone(""), err == nil
}
