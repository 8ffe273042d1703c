package sip

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// allow lists the methods that are understood.
const allow = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK"

// handle registers what becomes of each method.
func (s *Server) handle(server *sipgo.Server) {
	server.OnInvite(s.valid(s.onInvite))
	server.OnAck(s.valid(s.onAck))
	server.OnBye(s.valid(s.inDialog((*call).onBye)))
	server.OnInfo(s.valid(s.inDialog((*call).onInfo)))
	server.OnUpdate(s.valid(s.inDialog((*call).onUpdate)))
	server.OnPrack(s.valid(s.inDialog((*call).onPrack)))
	server.OnOptions(s.valid(s.onOptions))
	server.OnCancel(s.valid(func(req *sip.Request, tx sip.ServerTransaction) { s.respond(tx, req, 481) }))
	server.OnNoRoute(s.valid(func(req *sip.Request, tx sip.ServerTransaction) {
		res := response(req, 405)
		res.AppendHeader(sip.NewHeader("Allow", allow))
		_ = tx.Respond(res)
	}))
}

// valid refuses requests that lack what every request has (RFC 3261 section 8.1.1), and survives what their handling
// trips over: one caller's request must not end everybody's calls.
func (s *Server) valid(next sipgo.RequestHandler) sipgo.RequestHandler {
	return func(req *sip.Request, tx sip.ServerTransaction) {
		defer func() {
			if reason := recover(); reason != nil {
				s.cfg.Log.Error("handling a SIP request panicked", "method", req.Method.String(), "panic", reason)
				s.respond(tx, req, 500)
			}
		}()
		if !s.admits(req) {
			s.cfg.Observe.MessageDropped()
			return
		}
		if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil || req.Via() == nil ||
			len(req.CallID().Value()) > mostText || req.CSeq().MethodName != req.Method {
			if !req.IsAck() {
				s.respond(tx, req, 400)
				s.linger(tx)
			}
			return
		}
		next(req, tx)
		if !req.IsInvite() && !req.IsAck() {
			s.linger(tx)
		}
	}
}

// admits reports whether a request is within the bounds of its source. Datagrams were judged before they were read.
func (s *Server) admits(req *sip.Request) bool {
	if !sip.IsReliable(req.Transport()) {
		return true
	}
	source, err := netip.ParseAddrPort(req.Source())
	return err == nil && s.gate.admits(source, req.IsInvite())
}

// mostText bounds texts of requests that are kept.
const mostText = 256

// inDialog hands a request to the call it belongs to; 481 where there is none, 500 where it is older than the last.
func (s *Server) inDialog(next func(*call, *sip.Request, sip.ServerTransaction)) sipgo.RequestHandler {
	return func(req *sip.Request, tx sip.ServerTransaction) {
		c := s.find(req)
		switch {
		case c == nil:
			s.respond(tx, req, 481)
		case !c.dialog.follows(req):
			s.respond(tx, req, 500)
		default:
			next(c, req, tx)
		}
	}
}

// find is the call that a request belongs to, if any.
func (s *Server) find(req *sip.Request) *call {
	key, ok := keyOf(req)
	if !ok {
		return nil
	}
	s.mu.Lock()
	c := s.calls[key]
	s.mu.Unlock()
	if c == nil || c.left() {
		return nil
	}
	return c
}

func (s *Server) onAck(req *sip.Request, _ sip.ServerTransaction) {
	if c := s.find(req); c != nil {
		c.onAck(req)
	}
}

// onOptions says what the server can (RFC 3261 section 11), inside dialogs whether they live.
func (s *Server) onOptions(req *sip.Request, tx sip.ServerTransaction) {
	if _, inside := keyOf(req); inside && s.find(req) == nil {
		s.respond(tx, req, 481)
		return
	}
	res := response(req, 200)
	res.AppendHeader(sip.NewHeader("Allow", allow))
	res.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
	res.AppendHeader(sip.NewHeader("Supported", supported))
	_ = tx.Respond(res)
}

// respond gives a final response without more; whoever asked may be gone.
func (s *Server) respond(tx sip.ServerTransaction, req *sip.Request, code int) {
	_ = tx.Respond(response(req, code))
}

func response(req *sip.Request, code int) *sip.Response {
	res := sip.NewResponseFromRequest(req, code, reasonPhrase(code), nil)
	res.AppendHeader(sip.NewHeader("Server", "callfn"))
	return res
}

// onInfo takes keys that come as INFO, in either of the two usual ways.
func (c *call) onInfo(req *sip.Request, tx sip.ServerTransaction) {
	if key, ok := infoKey(req); ok && (c.stream() == nil || !c.stream().HeardEvents()) {
		c.session.Press(key)
	}
	c.server.respond(tx, req, 200)
}

// infoKey reads the key out of application/dtmf-relay (Signal=5) or application/dtmf (5).
func infoKey(req *sip.Request) (byte, bool) {
	kind := ""
	if h := req.ContentType(); h != nil {
		kind, _, _ = strings.Cut(strings.ToLower(h.Value()), ";")
	}
	text := string(req.Body()[:min(len(req.Body()), 512)])
	switch strings.TrimSpace(kind) {
	case "application/dtmf-relay":
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(line, "=")
			if strings.EqualFold(strings.TrimSpace(name), "signal") {
				return asKey(value)
			}
		}
	case "application/dtmf":
		return asKey(text)
	}
	return 0, false
}

// asKey reads one key; 10 and 11 stand for * and #.
func asKey(text string) (byte, bool) {
	switch text = strings.ToUpper(strings.TrimSpace(text)); {
	case text == "10":
		return '*', true
	case text == "11":
		return '#', true
	case len(text) == 1:
		return text[0], true
	}
	return 0, false
}
