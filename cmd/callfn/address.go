package main

import (
	"net"
	"strconv"
)

// shownAddress is where a listener is reached, as it was asked for: 0.0.0.0, not the [::] that Go makes of it.
func shownAddress(asked string, at net.Addr) string {
	host, _, err := net.SplitHostPort(asked)
	tcp, ok := at.(*net.TCPAddr)
	if err != nil || !ok || !tcp.IP.IsUnspecified() {
		return at.String()
	}
	if host == "" {
		host = "0.0.0.0"
	}
	return net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// beyondThisMachine reports whether others than this machine can reach a listener.
func beyondThisMachine(at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}
