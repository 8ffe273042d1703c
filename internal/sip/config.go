package sip

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"callfn/callflow"
	"callfn/internal/rtp"
	"callfn/internal/voice"
)

// Config is what a Server needs. Listen, Ports, Take and Log are required.
type Config struct {
	Listen   []Address
	TLS      *tls.Config // for addresses of network tls
	External netip.Addr  // what callers are told to send to, behind a NAT; the zero value for the local address
	Ports    *rtp.Ports
	Access   Access
	Calls    int // how many calls at once; further ones get 503. 0 for as many as Ports has pairs
	// SilentAfter is how long nothing may be heard of a caller before he is asked whether he is there; 0 for 30 s.
	SilentAfter time.Duration
	// ShortestSession is the shortest session timer that is agreed to (Min-SE); 0 for 90 s, the least that RFC 4028
	// allows.
	ShortestSession time.Duration

	// Take carries one call out, and returns when it is over. It runs in a goroutine of the call's own; ctx ends when the
	// server stops.
	Take func(ctx context.Context, in Incoming)

	Voice   voice.Config // what is spoken, played and recorded
	Web     Web          // asks web servers; nil where nothing may
	Observe Observer     // may be nil
	Log     *slog.Logger
}

// Address is one address to listen on.
type Address struct {
	Network string // udp, tcp or tls
	Addr    netip.AddrPort
}

// Web asks web servers for a call, as callflow.Web does.
type Web interface {
	HTTP(ctx context.Context, r callflow.HTTPRequest) (callflow.HTTPResponse, error)
}

// Incoming is one call that came in.
type Incoming struct {
	// Call describes it, without an account: whoever takes it finds that by Call.Request.
	Call    *callflow.Call
	Control callflow.Control
	Trusted bool           // it comes from a peer that the operator named
	Source  netip.AddrPort // where its SIP comes from
}

// Observer is told of calls, for metrics. It is called from the goroutines of calls, several at a time.
type Observer interface {
	// CallAnswered is told how long after its INVITE a call got its 200.
	CallAnswered(after time.Duration)
	// CallEnded is told of the audio packets of a call that is over, answered or not.
	CallEnded(audio rtp.Stats)
	// CallRefused is told of INVITEs that became no call, and of changes of one that were refused, by the code they got;
	// of strangers' requests, by 403.
	CallRefused(code int)
	// MessageDropped is told of a message or connection that was dropped unread: a stranger's, or one too many.
	MessageDropped()
}

type noObserver struct{}

func (noObserver) CallAnswered(time.Duration) {}
func (noObserver) CallEnded(rtp.Stats)        {}
func (noObserver) CallRefused(int)            {}
func (noObserver) MessageDropped()            {}
