package rtp

import (
	"net/netip"
	"time"
)

// Receive and ReceiveControl hand in one datagram, as if it had come from the network.
func Receive(s *Stream, b []byte, from netip.AddrPort) { s.receive(b, from, time.Now()) }

func ReceiveControl(s *Stream, b []byte, from netip.AddrPort) { s.receiveControl(b, from, time.Now()) }
