package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"callfn/callflow"
)

// silentAfter is how long a caller may be silent where Config does not say.
const silentAfter = 30 * time.Second

// watch looks after an answered call until it is over: it keeps its session alive and ends it when the caller's side
// is gone.
func (c *call) watch() {
	defer c.background.Done()
	silent := c.server.cfg.SilentAfter
	tick := time.NewTicker(min(silent, c.server.cfg.ShortestSession) / 6)
	defer tick.Stop()
	confirmed, asked := time.Now(), time.Now()
	for {
		select {
		case <-c.done:
			return
		case ack := <-c.tx.Acks():
			c.onAck(ack)
		case <-c.refreshed:
			confirmed = time.Now()
		case now := <-tick.C:
			c.mu.Lock()
			timer := c.timer
			c.mu.Unlock()
			refresh, giveUp := timer.due(now.Sub(confirmed))
			switch {
			case giveUp:
				c.lost("the session was not refreshed in time")
			case refresh:
				if c.refresh() {
					confirmed = time.Now()
				}
			case now.Sub(c.lastHeard()) >= silent && now.Sub(asked) >= silent:
				asked = now
				if _, err := c.dialog.do(c.ctx, c.dialog.request(sip.OPTIONS)); goneAway(err) {
					c.lost("nothing was heard of the caller, and he does not answer: " + err.Error())
				}
			}
		}
	}
}

// lost ends a call whose caller is gone.
func (c *call) lost(why string) {
	c.end(callflow.Ended{How: callflow.EndCaller, Cause: causeLost, Hint: why})
}

// lastHeard is when the caller was heard last.
func (c *call) lastHeard() time.Time {
	if stream := c.stream(); stream != nil {
		return stream.Heard()
	}
	return c.began
}

// refresh confirms the session to the caller's side and reports whether that worked (RFC 4028 section 7.4): with
// UPDATE where he allows it, else with a re-INVITE that changes nothing. Where the interval is too short for his side,
// its own is taken (section 7.3).
func (c *call) refresh() bool {
	res, err := c.askToRefresh()
	if res != nil && res.StatusCode == 422 {
		c.mu.Lock()
		longer := minSE(res) > c.timer.interval
		if longer {
			c.timer.interval = minSE(res)
		}
		c.mu.Unlock()
		if longer {
			_, err = c.askToRefresh()
		}
	}
	if goneAway(err) {
		c.lost("the session could not be refreshed: " + err.Error())
	}
	return err == nil
}

func (c *call) askToRefresh() (*sip.Response, error) {
	method := sip.INVITE
	if contains(options(c.invite, "Allow"), "update") {
		method = sip.UPDATE
	}
	req := c.dialog.request(method)
	req.AppendHeader(c.contact())
	req.AppendHeader(sip.NewHeader("Supported", supported))
	c.mu.Lock()
	interval := c.timer.interval
	c.mu.Unlock()
	req.AppendHeader(sip.NewHeader("Session-Expires", seconds(interval)+";refresher=uac"))
	if method == sip.INVITE {
		c.mu.Lock()
		c.local.offered = []crypto{c.local.crypto}
		c.mu.Unlock()
		body, err := c.sdp()
		if err != nil {
			return nil, err
		}
		req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		req.SetBody(body)
	}
	res, err := c.dialog.do(c.ctx, req)
	if res != nil && method == sip.INVITE && res.IsSuccess() {
		c.takeAnswer(res) // which may have another key or address
		ack := c.dialog.request(sip.ACK)
		ack.CSeq().SeqNo = req.CSeq().SeqNo
		c.dialog.from(ack)
		_ = c.dialog.client.WriteRequest(ack, keepRequest) // the caller repeats its 200 otherwise
	}
	return res, err
}
