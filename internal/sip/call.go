package sip

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"callfn/callflow"
	"callfn/internal/media"
	"callfn/internal/rtp"
	"callfn/internal/voice"
)

// call is one call. It is the callflow.Control of its walk, which has one goroutine; what comes from the network
// meanwhile is handled by others.
type call struct {
	server *Server
	log    *slog.Logger
	dialog *dialog
	invite *sip.Request
	tx     sip.ServerTransaction
	here   here
	source netip.AddrPort
	began  time.Time
	info   *callflow.Call
	voice  voice.Voice

	session *media.Session
	hears   *line // the session's way out

	mu       sync.Mutex
	offer    offer // the caller's, the last one agreed on
	hasOffer bool
	local    local
	rtp      *rtp.Stream
	ended    *callflow.Ended
	final    bool      // the INVITE has its final response
	answered bool      // with 200
	reliable *reliable // the provisional response that waits for its PRACK
	acks     map[uint32]*awaitedACK
	timer    sessionTimer

	refreshed  chan struct{}
	ctx        context.Context // ends when the call is over
	done       <-chan struct{} // of ctx
	over       context.CancelFunc
	acked      *awaitedACK // of the answer; nil before
	doneOnce   sync.Once
	background sync.WaitGroup
}

func newCall(s *Server, req *sip.Request, tx sip.ServerTransaction, d *dialog) *call {
	c := &call{
		server: s, dialog: d, invite: req, tx: tx, hears: new(line),
		log:  s.cfg.Log.With("call_id", req.CallID().Value()),
		acks: map[uint32]*awaitedACK{}, refreshed: make(chan struct{}, 1),
	}
	c.ctx, c.over = context.WithCancel(context.Background())
	c.done = c.ctx.Done()
	c.session = media.NewSession(c.hears)
	c.info = describe(req, d.trusted)
	c.voice = voice.Voice{Config: s.cfg.Voice, Session: c.session, Call: c.info}
	c.local = local{id: rand.Uint64() >> 2, version: 1}
	c.timer = timerOf(req, s.cfg.ShortestSession)
	return c
}

// line is the session's transport: the RTP stream, once there is one.
type line struct {
	mu     sync.Mutex
	stream *rtp.Stream
}

func (l *line) Send(slot int64, f *media.Frame) {
	l.mu.Lock()
	stream := l.stream
	l.mu.Unlock()
	if stream != nil {
		stream.Send(slot, f)
	}
}

func (l *line) set(s *rtp.Stream) {
	l.mu.Lock()
	l.stream = s
	l.mu.Unlock()
}

// run has the call carried out, and clears it away.
func (c *call) run() {
	c.log.Info("took SIP call", "source", c.source.String(), "to", c.info.Request.User)
	c.carryOut()
	c.end(callflow.Ended{How: callflow.EndFlow, Cause: "NORMAL_CLEARING"}) // nothing where it is over already
	ended, _ := c.Gone()
	stats := c.closeAudio()
	answered := c.clear(ended)
	c.background.Wait()
	c.mu.Lock()
	suite := c.offer.crypto.suite.Name
	c.mu.Unlock()
	c.server.cfg.Observe.CallEnded(stats)
	c.log.Info("closed SIP call", "how", string(ended.How), "cause", ended.Cause, "answered", answered,
		"took_ms", time.Since(c.began).Milliseconds(), "sent", stats.Sent, "received", stats.Received, "lost", stats.Lost,
		"late", stats.Late, "srtp", suite, "unauthentic", stats.Unauthentic, "replayed", stats.Replayed)
}

// carryOut has the call walked. A panic ends this call as a failure of callfn, so that its caller is hung up, and its
// ports are given back.
func (c *call) carryOut() {
	defer func() {
		if reason := recover(); reason != nil {
			c.log.Error("carrying out a call panicked", "panic", reason, "stack", string(debug.Stack()))
			c.end(callflow.Ended{
				How: callflow.EndCancelled, Cause: "NORMAL_TEMPORARY_FAILURE", Hint: "callfn failed, its log says where",
			})
		}
	}()
	c.server.cfg.Take(c.server.stop, Incoming{
		Call: c.info, Control: c, Trusted: c.dialog.trusted, Source: c.source,
	})
}

// end notes how the call ended, once, and ends whatever it is doing.
func (c *call) end(e callflow.Ended) {
	c.doneOnce.Do(func() {
		c.mu.Lock()
		c.ended = &e
		c.mu.Unlock()
		c.over()
		c.session.Close()
	})
}

// cancelled is told that the caller gave up before the answer. sipgo answers the CANCEL and the INVITE.
func (c *call) cancelled() {
	c.mu.Lock()
	answered := c.answered
	c.final = true
	c.mu.Unlock()
	if !answered {
		c.end(callflow.Ended{How: callflow.EndCaller, Cause: "ORIGINATOR_CANCEL"})
	}
}

// stopped is told that callfn stops.
func (c *call) stopped() {
	c.end(callflow.Ended{
		How: callflow.EndCancelled, Cause: "NORMAL_TEMPORARY_FAILURE", Hint: "callfn was stopped",
	})
}

// closeAudio gives the call's ports back and counts its packets. The ports do not wait until the caller's side has
// confirmed the end: whoever says nothing would keep them.
func (c *call) closeAudio() rtp.Stats {
	c.mu.Lock()
	stream := c.rtp
	c.rtp = nil
	c.mu.Unlock()
	if stream == nil {
		return rtp.Stats{}
	}
	c.hears.set(nil)
	stream.Close()
	return stream.Stats()
}

// clear tells the caller that the call is over, if he does not know: a final response, or BYE with a reason. It reports
// whether the call was answered.
func (c *call) clear(e callflow.Ended) (answered bool) {
	c.finish(causeOf(e.Cause).code, "", reasonHeader(e.Cause))
	c.mu.Lock()
	answered = c.answered
	c.mu.Unlock()
	switch {
	case !answered:
		c.server.linger(c.tx)
	case c.left():
	case e.Cause == causeLost:
		c.bye(e.Cause, lostPatience)
	default:
		c.bye(e.Cause, 64*sip.T1)
	}
	return answered
}

// causeLost is the cause of calls whose caller's side says nothing any more.
const causeLost = "RECOVERY_ON_TIMER_EXPIRE"

// lostPatience is how long BYE is repeated to a caller of whom nothing was heard for long.
const lostPatience = 4 * time.Second

// bye hangs up. It is not sent before the caller acknowledged the answer, or will not (RFC 3261 section 15), and is
// repeated until he confirms it or the time is over. While callfn stops nobody waits for long.
func (c *call) bye(cause string, patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	hurry := context.AfterFunc(c.server.stop, func() { time.AfterFunc(stopPatience, cancel) })
	defer hurry()
	select {
	case <-c.acked.got:
	case <-ctx.Done():
	}
	req := c.dialog.request(sip.BYE)
	req.AppendHeader(sip.NewHeader("Reason", reasonHeader(cause)))
	if ctx.Err() != nil { // it is sent once, whoever may hear it
		c.dialog.from(req)
		_ = c.dialog.client.WriteRequest(req, keepRequest)
		return
	}
	if _, err := c.dialog.do(ctx, req); err != nil {
		c.log.Info("hanging up was not confirmed", "error", err)
	}
}

// stopPatience is how long a stop waits for one caller's side.
const stopPatience = 2 * time.Second

// onBye is the caller hanging up.
func (c *call) onBye(req *sip.Request, tx sip.ServerTransaction) {
	c.end(callflow.Ended{How: callflow.EndCaller, Cause: "NORMAL_CLEARING"})
	c.server.respond(tx, req, 200)
}

// left reports whether the caller hung up himself: to him the call no longer exists.
func (c *call) left() bool {
	e, over := c.Gone()
	return over && e.How == callflow.EndCaller && e.Hint == ""
}

// stream is the RTP of the call, nil before there is any.
func (c *call) stream() *rtp.Stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rtp
}
