package rtp

import (
	"net/netip"
	"time"
)

// latchTime is how long after the beginning a source that nobody announced is believed.
const latchTime = time.Second

// trust says how well a source of packets is known.
type trust int

const (
	stranger  trust = iota + 1 // announced by nobody: a caller behind a NAT, or somebody who found the port
	known                      // the host that was announced, or that signals, with another port
	announced                  // as the caller's SDP has it
)

// latch decides whose packets belong to the call: the first source that is heard, unless a better known one comes. A
// stranger is taken for the caller only within the first second, since everybody who finds the port later would else
// take the call over.
type latch struct {
	announced netip.AddrPort // in the caller's SDP
	signals   netip.Addr     // where the caller's SIP comes from
	began     time.Time
	source    netip.AddrPort
	trust     trust
}

// accept reports whether a packet from source belongs to the call.
func (l *latch) accept(source netip.AddrPort, now time.Time) bool {
	if source == l.source {
		return true
	}
	t := stranger
	switch {
	case source == l.announced:
		t = announced
	case source.Addr() == l.announced.Addr(), source.Addr() == l.signals:
		t = known
	}
	if t <= l.trust || t == stranger && now.Sub(l.began) > latchTime {
		return false
	}
	l.source, l.trust = source, t
	return true
}

// target is where to send: to whom is heard, else to the announced address. An announced address on a host that
// neither signals nor was heard gets nothing unless unheard is allowed: else a caller could aim audio at anybody.
func (l *latch) target(unheard bool) (netip.AddrPort, bool) {
	if l.source.IsValid() {
		return l.source, true
	}
	return l.announced, l.announced.IsValid() && (unheard || l.announced.Addr() == l.signals)
}
