package sip

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"callfn/callflow"
	"callfn/internal/rtp"
)

// openAudio takes ports for the call, once, and starts to read and send where the caller's side is known. A call for
// which there are none is refused.
func (c *call) openAudio() error {
	err := c.takePorts()
	if err != nil && c.finish(503, "", "") {
		c.log.Error("cannot take ports for a call", "error", err)
		c.end(callflow.Ended{How: callflow.EndResponse, Cause: "503 Service Unavailable", Hint: err.Error()})
	}
	return err
}

func (c *call) takePorts() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rtp != nil {
		return nil
	}
	stream, err := rtp.Open(c.server.cfg.Ports, c.here.bind)
	if err != nil {
		return err
	}
	c.rtp, c.local.ip, c.local.port = stream, c.here.audio, stream.Port()
	if c.hasOffer {
		c.startAudio()
	}
	return nil
}

// startAudio hands audio to and fro from now on. c.mu is held.
func (c *call) startAudio() {
	c.rtp.Start(c.params(), c.session)
	c.hears.set(c.rtp)
}

// params are what the last offer and its answer agreed on. c.mu is held.
func (c *call) params() rtp.Params {
	o := c.offer
	return rtp.Params{
		Codec: o.codec, Payload: o.payload, Events: o.events, Remote: o.remote, ControlTo: o.control,
		Signals: c.source.Addr(), Unheard: c.dialog.trusted || c.source.Addr().IsLoopback(), Hold: !o.receives,
		Mux: o.mux, Security: c.security(),
	}
}

// security is how the call's audio is encrypted, nil where it is not. c.mu is held.
func (c *call) security() *rtp.Security {
	if !c.offer.crypto.given() {
		return nil
	}
	return &rtp.Security{Suite: c.offer.crypto.suite, Theirs: c.offer.crypto.secret, Ours: c.local.crypto.secret}
}

// sdp is callfn's side of the session: an answer, or an offer where the caller made none.
func (c *call) sdp() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hasOffer {
		return c.local.describe(c.offer)
	}
	return c.local.offer(isPrivate(c.invite))
}

// early opens the way for audio before the answer, with 183 and SDP (RFC 3261 section 13.3.1.1). A caller who offers
// nothing can hear nothing before the answer.
func (c *call) early(ctx context.Context) error {
	c.mu.Lock()
	ready := c.final || c.rtp != nil || !c.hasOffer
	c.mu.Unlock()
	if ready {
		return nil
	}
	if err := c.openAudio(); err != nil {
		return err
	}
	body, err := c.sdp()
	if err != nil {
		return err
	}
	res := c.respondWith(183, body)
	if !contains(options(c.invite, "Require"), "100rel") {
		return c.tx.Respond(res)
	}
	return c.respondReliably(ctx, res)
}

// respondWith is a response to the INVITE with a session description.
func (c *call) respondWith(code int, body []byte) *sip.Response {
	res := response(c.invite, code)
	res.AppendHeader(c.contact())
	res.AppendHeader(sip.NewHeader("Allow", allow))
	res.AppendHeader(sip.NewHeader("Supported", supported))
	res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	res.SetBody(body)
	return res
}

func (c *call) contact() sip.Header {
	uri := "<sip:callfn@" + c.here.contact.String()
	if network := strings.ToLower(c.invite.Transport()); network != "udp" {
		uri += ";transport=" + network
	}
	return sip.NewHeader("Contact", uri+">")
}

// reliable is a provisional response that the caller acknowledges with PRACK (RFC 3262).
type reliable struct {
	rseq uint32
	once sync.Once
	got  chan struct{}
}

// respondReliably repeats a provisional response until its PRACK comes, and waits for that.
func (c *call) respondReliably(ctx context.Context, res *sip.Response) error {
	r := &reliable{rseq: 1, got: make(chan struct{})}
	c.mu.Lock()
	c.reliable = r
	c.mu.Unlock()
	res.AppendHeader(sip.NewHeader("Require", "100rel"))
	res.AppendHeader(sip.NewHeader("RSeq", strconv.FormatUint(uint64(r.rseq), 10)))
	wait, end := sip.T1, time.After(64*sip.T1)
	for {
		if err := c.tx.Respond(res); err != nil {
			return err
		}
		select {
		case <-r.got:
			return nil
		case <-time.After(wait):
			wait *= 2
		case <-end:
			c.finish(504, "", "")
			return errNoPrack
		case <-c.done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// onPrack takes the acknowledgement of a provisional response.
func (c *call) onPrack(req *sip.Request, tx sip.ServerTransaction) {
	c.mu.Lock()
	r := c.reliable
	c.mu.Unlock()
	acknowledged := ""
	if h := req.GetHeader("RAck"); h != nil {
		acknowledged, _, _ = strings.Cut(strings.TrimSpace(h.Value()), " ")
	}
	if r == nil || acknowledged != strconv.FormatUint(uint64(r.rseq), 10) {
		c.server.respond(tx, req, 481)
		return
	}
	c.server.respond(tx, req, 200)
	r.once.Do(func() { close(r.got) })
}

func contains(list []string, wanted string) bool {
	for _, element := range list {
		if element == wanted {
			return true
		}
	}
	return false
}
