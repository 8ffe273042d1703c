package sip

import (
	"net"
	"net/netip"
)

// localTowards is the address of this machine from which packets to another leave. Nothing is sent.
func localTowards(other netip.Addr) (netip.Addr, bool) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(other, 9)))
	if err != nil {
		return netip.Addr{}, false
	}
	local := addressOf(conn.LocalAddr()).Addr()
	return local, conn.Close() == nil
}
