package sip

import (
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// supported lists the extensions that are understood.
const supported = "timer, 100rel"

// onInvite takes a new call, or a re-INVITE of one. It returns when the call is over: sipgo keeps the transaction until
// then, and beyond that until its final response was acknowledged or given up. Nothing of a call is kept, and no port
// taken, before it is known that the caller may call and that there is room.
func (s *Server) onInvite(req *sip.Request, tx sip.ServerTransaction) {
	if _, inside := keyOf(req); inside {
		s.inDialog((*call).onReinvite)(req, tx)
		return
	}
	source, err := netip.ParseAddrPort(req.Source())
	if err != nil {
		s.refuse(req, tx, 400)
		return
	}
	source = netip.AddrPortFrom(source.Addr().Unmap(), source.Port())
	if code := s.check(req, source); code != 0 {
		s.refuse(req, tx, code)
		return
	}
	offer, hasOffer, r := offerOf(req)
	if r.code != 0 {
		s.refuseWith(req, tx, r)
		return
	}
	if code := s.enter(); code != 0 {
		s.refuse(req, tx, code)
		return
	}
	defer s.leave()
	s.gate.enter(source)
	defer s.gate.leave(source)
	s.take(req, tx, source, offer, hasOffer)
}

// refuse gives an INVITE its final response.
func (s *Server) refuse(req *sip.Request, tx sip.ServerTransaction, code int) {
	s.refuseWith(req, tx, refusal{code: code})
}

// refuseWith is refuse with a reason.
func (s *Server) refuseWith(req *sip.Request, tx sip.ServerTransaction, r refusal) {
	res := response(req, r.code)
	r.warn(res)
	switch r.code {
	case 503:
		res.AppendHeader(sip.NewHeader("Retry-After", "5"))
	case 420:
		res.AppendHeader(sip.NewHeader("Unsupported", strings.Join(unsupported(req), ", ")))
	case 422:
		res.AppendHeader(sip.NewHeader("Min-SE", seconds(s.cfg.ShortestSession)))
	case 405:
		res.AppendHeader(sip.NewHeader("Allow", allow))
	}
	s.cfg.Observe.CallRefused(r.code)
	s.cfg.Log.Info("refused SIP call", "call_id", req.CallID().Value(), "code", r.code, "source", req.Source(),
		"reason", r.why)
	_ = tx.Respond(res)
	s.linger(tx)
}

// check is the code to refuse a new INVITE with, 0 for none.
func (s *Server) check(req *sip.Request, source netip.AddrPort) int {
	remoteTag, ok := req.From().Params.Get("tag")
	switch {
	case !s.cfg.Access.allowed(source.Addr()):
		return 403
	case !ok || remoteTag == "" || len(remoteTag) > mostText:
		return 400
	case req.Contact() == nil || req.Contact().Address.Wildcard:
		return 400
	case req.Recipient.Scheme != "sip" && req.Recipient.Scheme != "sips" && req.Recipient.Scheme != "tel":
		return 416
	case len(unsupported(req)) > 0:
		return 420
	case tooShort(req, s.cfg.ShortestSession):
		return 422
	}
	return 0
}

// unsupported lists the extensions that a request asks for and nobody here understands.
func unsupported(req *sip.Request) []string {
	var out []string
	for _, option := range options(req, "Require") {
		if option != "timer" && option != "100rel" {
			out = append(out, word(option))
		}
	}
	return out
}

// options are the tokens of a header that lists extensions, in lower case.
func options(req *sip.Request, header string) []string {
	var out []string
	for _, h := range req.GetHeaders(header) {
		for part := range strings.SplitSeq(h.Value(), ",") {
			if part = strings.ToLower(strings.TrimSpace(part)); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// take carries a call out, from its INVITE to its end.
func (s *Server) take(req *sip.Request, tx sip.ServerTransaction, source netip.AddrPort, o offer, hasOffer bool) {
	began := time.Now()
	_ = tx.Respond(sip.NewResponseFromRequest(req, 100, "Trying", nil))
	tag := sip.GenerateTagN(16)
	setTag(req, tag)
	here, ok := s.hereFor(req.Transport(), source.Addr())
	if !ok {
		s.refuse(req, tx, 503) // no way back to the caller, or no descriptor to look for one
		return
	}
	c := newCall(s, req, tx, newDialog(req, tag, here.contact, s.client, s.cfg.Access.trusted(source.Addr())))
	c.here, c.source, c.began, c.offer, c.hasOffer = here, source, began, o, hasOffer
	if err := c.local.secure(offer{}, o); err != nil {
		s.refuse(req, tx, 500)
		return
	}
	if !tx.OnCancel(func(*sip.Request) { c.cancelled() }) {
		return
	}
	s.mu.Lock()
	s.calls[c.dialog.key] = c
	closed := s.closed
	s.mu.Unlock()
	if closed {
		c.stopped()
	}
	defer func() {
		s.mu.Lock()
		delete(s.calls, c.dialog.key)
		s.mu.Unlock()
	}()
	c.run()
}

// setTag gives an INVITE the tag of its responses. sipgo answers CANCEL out of the same request, at any moment: so the
// header is replaced as a whole.
func setTag(req *sip.Request, tag string) {
	to := req.To()
	tagged := &sip.ToHeader{DisplayName: to.DisplayName, Address: *to.Address.Clone(), Params: to.Params.Clone()}
	tagged.Params.Add("tag", tag)
	if req.ReplaceHeader(tagged); req.To() != tagged { // it came in the compact form, which ReplaceHeader does not find
		to.Params.Add("tag", tag)
	}
}

// here is where a caller reaches callfn.
type here struct {
	socket  netip.AddrPort // that is listened on
	contact netip.AddrPort // what the caller is told for SIP
	bind    netip.Addr     // for audio
	audio   netip.Addr     // what the caller is told for audio
}

// hereFor finds the address that a caller reaches callfn at: the one listened on, or the one that leads to the caller
// where every address is listened on; --sip-external for callers beyond this machine.
func (s *Server) hereFor(network string, caller netip.Addr) (here, bool) {
	for _, p := range s.listening() {
		if !strings.EqualFold(p.network, network) || !reaches(p.addr.Addr(), caller) {
			continue
		}
		local := p.addr.Addr()
		if local.IsUnspecified() {
			var ok bool
			if local, ok = localTowards(caller); !ok {
				continue
			}
		}
		h := here{socket: p.addr, bind: local, audio: local, contact: netip.AddrPortFrom(local, p.addr.Port())}
		if s.cfg.External.IsValid() && !caller.IsLoopback() {
			h.audio, h.contact = s.cfg.External, netip.AddrPortFrom(s.cfg.External, p.addr.Port())
		}
		return h, true
	}
	return here{}, false
}

// reaches reports whether a socket at an address can have got something from a caller.
func reaches(local, caller netip.Addr) bool {
	if local.IsUnspecified() {
		return local.Is6() || caller.Is4()
	}
	return local.Is4() == caller.Is4()
}
