package sip

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"callfn/callflow"
)

var (
	errNoPrack = errors.New("the caller did not acknowledge a provisional response")
	errNoAck   = errors.New("the caller did not acknowledge the answer")
)

// Answer implements callflow.Control: 200 with SDP, repeated until its ACK comes (RFC 3261 section 13.3.1.4). It does
// not wait for the ACK.
func (c *call) Answer(ctx context.Context) error {
	if err := c.up(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	answered, final := c.answered, c.final
	c.mu.Unlock()
	if answered {
		return nil
	}
	if final {
		return callflow.ErrHungUp
	}
	if err := c.openAudio(); err != nil {
		return err
	}
	body, err := c.sdp()
	if err != nil {
		return err
	}
	res := c.respondWith(200, body)
	c.timer.agree(res)
	c.mu.Lock()
	if c.final {
		c.mu.Unlock()
		return callflow.ErrHungUp
	}
	c.final, c.answered = true, true
	late := !c.hasOffer
	c.mu.Unlock()
	var take func(*sip.Request)
	if late {
		take = c.lateAnswer
	}
	c.acked = c.expect(c.invite, take)
	if err := c.tx.Respond(res); err != nil {
		c.end(callflow.Ended{How: callflow.EndCaller, Cause: "ORIGINATOR_CANCEL"})
		return callflow.ErrHungUp
	}
	c.server.cfg.Observe.CallAnswered(time.Since(c.began))
	c.background.Add(2)
	go func() {
		defer c.background.Done()
		c.repeat(c.tx, res, c.acked)
	}()
	go c.watch()
	return nil
}

// awaitedACK is the ACK that a 200 waits for.
type awaitedACK struct {
	once sync.Once
	got  chan struct{}
	take func(*sip.Request) // told of it, first; may be nil
}

// expect begins to wait for the ACK of an INVITE.
func (c *call) expect(invite *sip.Request, take func(*sip.Request)) *awaitedACK {
	a := &awaitedACK{got: make(chan struct{}), take: take}
	c.mu.Lock()
	c.acks[invite.CSeq().SeqNo] = a
	c.mu.Unlock()
	return a
}

// onAck takes the ACK of a 200.
func (c *call) onAck(req *sip.Request) {
	c.mu.Lock()
	a := c.acks[req.CSeq().SeqNo]
	c.mu.Unlock()
	if a == nil {
		return
	}
	a.once.Do(func() {
		if a.take != nil {
			a.take(req)
		}
		close(a.got)
	})
}

// lateAnswer takes the answer to callfn's offer out of an ACK.
func (c *call) lateAnswer(ack *sip.Request) {
	if !c.takeAnswer(ack) {
		c.end(callflow.Ended{
			How: callflow.EndHangup, Cause: "INCOMPATIBLE_DESTINATION", Hint: "the caller's answer has no usable audio",
		})
	}
}

// takeAnswer takes the answer to callfn's offer, and reports whether there is one that can be taken.
func (c *call) takeAnswer(msg sip.Message) bool {
	o, ok, _ := offerOf(msg)
	if !ok {
		return false
	}
	c.mu.Lock()
	ok = c.local.choose(c.offer.profile(), o)
	c.mu.Unlock()
	if ok {
		c.agree(o)
	}
	return ok
}

// agree takes what an offer and its answer agreed on.
func (c *call) agree(o offer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !o.remote.IsValid() {
		o.remote, o.control = c.offer.remote, c.offer.control
	}
	first := !c.hasOffer
	c.offer, c.hasOffer = o, true
	switch {
	case c.rtp == nil:
	case first:
		c.startAudio()
	default:
		c.rtp.Update(c.params())
	}
}

// repeat sends a 200 again after 0.5, 1, 2, 4, 4 … s until its ACK comes; without one the call is over after 32 s.
func (c *call) repeat(tx sip.ServerTransaction, res *sip.Response, a *awaitedACK) {
	wait, end := sip.T1, time.NewTimer(64*sip.T1)
	defer end.Stop()
	again := time.NewTimer(wait)
	defer again.Stop()
	for {
		select {
		case <-a.got:
			return
		case ack := <-tx.Acks(): // of callers that send it with the INVITE's branch
			c.onAck(ack)
		case <-again.C:
			_ = tx.Respond(res) // the next may arrive
			wait = min(2*wait, sip.T2)
			again.Reset(wait)
		case <-end.C:
			a.once.Do(func() { close(a.got) }) // so that BYE may go
			c.end(callflow.Ended{How: callflow.EndCaller, Cause: causeLost, Hint: errNoAck.Error()})
			return
		case <-c.done:
			select { // a caller who hung up sends no ACK any more
			case <-a.got:
				return
			default:
			}
			if c.left() {
				return
			}
			c.repeatOn(tx, res, a, end, again, wait)
			return
		}
	}
}

// repeatOn goes on after callfn hung up: its BYE waits for the ACK.
func (c *call) repeatOn(tx sip.ServerTransaction, res *sip.Response, a *awaitedACK, end, again *time.Timer,
	wait time.Duration,
) {
	for {
		select {
		case <-a.got:
			return
		case ack := <-tx.Acks():
			c.onAck(ack)
		case <-again.C:
			_ = tx.Respond(res)
			wait = min(2*wait, sip.T2)
			again.Reset(wait)
		case <-end.C:
			a.once.Do(func() { close(a.got) })
			return
		case <-c.server.stop.Done():
			return
		}
	}
}

// finish gives the INVITE a final response that is no 200, unless it has one.
func (c *call) finish(code int, phrase, reason string) bool {
	c.mu.Lock()
	if c.final {
		c.mu.Unlock()
		return false
	}
	c.final = true
	c.mu.Unlock()
	res := response(c.invite, code)
	if phrase != "" {
		res.Reason = phrase
	}
	if reason != "" {
		res.AppendHeader(sip.NewHeader("Reason", reason))
	}
	_ = c.tx.Respond(res) // the caller may have given up
	return true
}
