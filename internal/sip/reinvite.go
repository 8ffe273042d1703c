package sip

import (
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"
)

// onReinvite takes a change of an established call: hold, another codec or address, or only a sign of life.
func (c *call) onReinvite(req *sip.Request, tx sip.ServerTransaction) {
	c.mu.Lock()
	established, known := c.answered, c.hasOffer
	c.mu.Unlock()
	if !established || !known { // the first INVITE is not done
		res := response(req, 500)
		res.AppendHeader(sip.NewHeader("Retry-After", "1"))
		_ = tx.Respond(res)
		c.server.linger(tx)
		return
	}
	o, hasOffer, r := offerOf(req)
	if r.code == 0 && tooShort(req, c.server.cfg.ShortestSession) {
		r.code = 422
	}
	if r.code != 0 {
		c.server.refuseWith(req, tx, r) // and everything stays as it was
		return
	}
	var take func(*sip.Request)
	if !hasOffer {
		take = c.lateAnswer
	}
	res, err := c.changed(req, o, hasOffer)
	if err != nil {
		c.server.refuse(req, tx, 500)
		return
	}
	acked := c.expect(req, take)
	defer func() {
		c.mu.Lock()
		delete(c.acks, req.CSeq().SeqNo)
		c.mu.Unlock()
	}()
	if tx.Respond(res) == nil {
		c.repeat(tx, res, acked)
	}
}

// onUpdate takes the same as UPDATE (RFC 3311), which may come before the answer.
func (c *call) onUpdate(req *sip.Request, tx sip.ServerTransaction) {
	o, hasOffer, r := offerOf(req)
	c.mu.Lock()
	known := c.hasOffer && c.rtp != nil
	c.mu.Unlock()
	switch {
	case r.code == 0 && tooShort(req, c.server.cfg.ShortestSession):
		r.code = 422
	case r.code == 0 && hasOffer && !known:
		r.code = 491
	}
	if r.code != 0 {
		res := response(req, r.code)
		r.warn(res)
		if r.code == 422 {
			res.AppendHeader(sip.NewHeader("Min-SE", seconds(c.server.cfg.ShortestSession)))
		}
		_ = tx.Respond(res)
		return
	}
	if !hasOffer {
		res := response(req, 200)
		c.refreshedBy(req, res)
		_ = tx.Respond(res)
		return
	}
	if res, err := c.changed(req, o, true); err != nil {
		c.server.respond(tx, req, 500)
	} else {
		_ = tx.Respond(res)
	}
}

// changed is the 200 for a change of the session. An offer is agreed on at once; without one callfn offers what is
// agreed on already, and the answer comes with the ACK.
func (c *call) changed(req *sip.Request, o offer, hasOffer bool) (*sip.Response, error) {
	c.mu.Lock()
	c.local.version++
	described := o
	var err error
	if hasOffer {
		err = c.local.secure(c.offer, o)
	} else {
		described = c.offer
		described.sends, described.receives = true, true
		c.local.offered = []crypto{c.local.crypto}
	}
	l := c.local
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	body, err := l.describe(described)
	if err != nil {
		return nil, err
	}
	if hasOffer {
		c.agree(o)
	}
	res := response(req, 200)
	res.AppendHeader(c.contact())
	res.AppendHeader(sip.NewHeader("Allow", allow))
	res.AppendHeader(sip.NewHeader("Supported", supported))
	res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	res.SetBody(body)
	c.refreshedBy(req, res)
	return res, nil
}

// refreshedBy notes that a request of the caller confirmed the session, and says so in its response.
func (c *call) refreshedBy(req *sip.Request, res *sip.Response) {
	timer := timerOf(req, c.server.cfg.ShortestSession)
	c.mu.Lock()
	if timer.on {
		c.timer = timer
	}
	timer = c.timer
	c.mu.Unlock()
	timer.agree(res)
	select {
	case c.refreshed <- struct{}{}:
	default:
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
