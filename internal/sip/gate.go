package sip

import (
	"bytes"
	"hash/maphash"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
	"golang.org/x/time/rate"
)

// The bounds for whoever is no peer. Hosts share buckets, so that a million of them need no more memory than one. What
// strangers may send together bounds what they make callfn read and remember, from however many addresses they come.
const (
	buckets          = 1024
	datagramsASec    = 400 // of one bucket, and of a caller
	invitesASec      = 20
	allDatagramsASec = 2000
	allInvitesASec   = 200
	bytesASec        = 512 << 10 // over connections, of one bucket
	allBytesASec     = 4 << 20
	localASec        = 2000 // datagrams of this machine, where everybody on it is let in
	refusalsPerHost  = 3    // 403s of one bucket within refusalPause; then silence
	refusalsASec     = 10
	refusalPause     = 10 * time.Minute
	largestMessage   = 16 << 10
)

// gate decides which datagrams and connections the server sees at all. Its memory does not grow with them.
type gate struct {
	access  Access
	observe Observer
	parser  *sip.Parser
	now     func() time.Time

	datagrams, datagramsHere, invites, bytes, refusals *rate.Limiter

	mostSources atomic.Int64
	guests      atomic.Bool // whoever calls from this machine is a stranger too; for tests
	seed        maphash.Seed

	mu      sync.Mutex
	hosts   [buckets]host
	callers map[netip.AddrPort]*caller
}

// caller is an address that has calls under way.
type caller struct {
	calls              int
	datagrams, invites *rate.Limiter
}

// host is what one bucket did.
type host struct {
	datagrams, invites, bytes *rate.Limiter
	refused                   int
	since                     time.Time
}

func newGate(a Access, o Observer) *gate {
	g := &gate{
		access: a, observe: o, parser: sip.NewParser(), now: time.Now, seed: maphash.MakeSeed(),
		datagrams:     rate.NewLimiter(allDatagramsASec, 2*allDatagramsASec),
		invites:       rate.NewLimiter(allInvitesASec, 2*allInvitesASec),
		bytes:         rate.NewLimiter(allBytesASec, 2*allBytesASec),
		datagramsHere: rate.NewLimiter(localASec, 2*localASec),
		refusals:      rate.NewLimiter(refusalsASec, refusalsASec),
		callers:       map[netip.AddrPort]*caller{},
	}
	g.mostSources.Store(mostSources)
	return g
}

// verdict says what becomes of a message.
type verdict int

const (
	pass verdict = iota
	drop
	refuse // with 403
)

// judge decides about one datagram by its source and how it begins.
func (g *gate) judge(from netip.AddrPort, message []byte) verdict {
	source := from.Addr().Unmap()
	switch {
	case len(message) > largestMessage:
		return drop
	case !g.access.allowed(source):
		if bytes.HasPrefix(message, []byte("ACK ")) || bytes.HasPrefix(message, []byte("SIP/2.0")) || !g.mayRefuse(source) {
			return drop
		}
		return refuse
	case g.admits(from, bytes.HasPrefix(message, []byte("INVITE "))):
		return pass
	}
	return drop
}

// admits reports whether a message is within the bounds of its source, who may call. Whoever has a call under way is
// heard however much comes from elsewhere.
func (g *gate) admits(from netip.AddrPort, invite bool) bool {
	source, now := from.Addr().Unmap(), g.now()
	switch {
	case g.access.trusted(source), g.calling(netip.AddrPortFrom(source, from.Port()), now, invite):
		return true
	case g.local(source):
		return g.datagramsHere.AllowN(now, 1)
	}
	h := g.hostOf(source)
	return h.datagrams.AllowN(now, 1) && g.datagrams.AllowN(now, 1) &&
		(!invite || h.invites.AllowN(now, 1) && g.invites.AllowN(now, 1))
}

// admitsBytes reports whether so many bytes of a connection are within the bounds of its source. What is in them is
// judged once it is read.
func (g *gate) admitsBytes(from netip.AddrPort, n int) bool {
	source, now := from.Addr().Unmap(), g.now()
	if g.access.trusted(source) || g.local(source) {
		return true
	}
	return g.hostOf(source).bytes.AllowN(now, n) && g.bytes.AllowN(now, n)
}

// local reports whether an address is one of this machine, where everybody on it is let in.
func (g *gate) local(source netip.Addr) bool {
	return g.access.Open && source.IsLoopback() && !g.guests.Load()
}

func (g *gate) hostOf(source netip.Addr) *host {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.host(source)
}

// The bounds of one caller besides datagramsASec: re-INVITEs, such as hold, and what a phone sends at once.
const (
	reinvitesASec = 2
	callerBurst   = 10
)

// enter notes that an address has one more call under way, and leave that it is over.
func (g *gate) enter(from netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.callers[from]
	if c == nil {
		c = &caller{
			datagrams: rate.NewLimiter(datagramsASec, datagramsASec), invites: rate.NewLimiter(reinvitesASec, callerBurst),
		}
		g.callers[from] = c
	}
	c.calls++
}

func (g *gate) leave(from netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.callers[from]; c != nil {
		if c.calls--; c.calls == 0 {
			delete(g.callers, from)
		}
	}
}

// calling reports whether a message is a caller's, within what one may send.
func (g *gate) calling(from netip.AddrPort, now time.Time, invite bool) bool {
	g.mu.Lock()
	c := g.callers[from]
	g.mu.Unlock()
	return c != nil && c.datagrams.AllowN(now, 1) && (!invite || c.invites.AllowN(now, 1))
}

// mayRefuse reports whether a stranger still gets an answer.
func (g *gate) mayRefuse(source netip.Addr) bool {
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.host(source)
	if now.Sub(h.since) > refusalPause {
		h.since, h.refused = now, 0
	}
	if h.refused >= refusalsPerHost || !g.refusals.AllowN(now, 1) {
		return false
	}
	h.refused++
	return true
}

// host is the bucket of an address: of a network of 64 bits where it is IPv6, since one caller has all of that.
func (g *gate) host(ip netip.Addr) *host {
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	network, err := ip.Prefix(bits)
	var sum uint64
	if err == nil {
		sum = maphash.Comparable(g.seed, network) // with a seed, so that nobody can choose whose bucket he shares
	}
	h := &g.hosts[sum%buckets]
	if h.datagrams == nil {
		h.datagrams = rate.NewLimiter(datagramsASec, 2*datagramsASec)
		h.invites = rate.NewLimiter(invitesASec, 3*invitesASec)
		h.bytes = rate.NewLimiter(bytesASec, 2*bytesASec)
	}
	return h
}

// refusal is the 403 for a message, where it is a request that can be answered.
func (g *gate) refusal(message []byte, source string) []byte {
	msg, err := g.parser.ParseSIP(message)
	req, ok := msg.(*sip.Request)
	if err != nil || !ok || req.Via() == nil {
		return nil
	}
	req.SetSource(source)
	return []byte(sip.NewResponseFromRequest(req, 403, "Forbidden", nil).String())
}

// addressOf is the IP address and port of a peer of a socket.
func addressOf(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	case *net.TCPAddr:
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	return netip.AddrPort{}
}
