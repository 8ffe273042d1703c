package calls

import (
	"context"
	"sync"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
)

// The bounds of what is kept of one call.
const (
	mostSteps     = 200
	mostStepBytes = 256 << 10
)

// Call is one call in progress. Its methods may be called from the goroutine of its walk; Channel from any.
type Call struct {
	registry *Registry
	incoming Incoming
	began    time.Time
	cancel   context.CancelCauseFunc

	mu      sync.Mutex
	channel Channel
	steps   []callflow.Step
	bytes   int // of the steps, roughly
	more    int // steps beyond what is kept
}

// Channel is a call in progress, as others see it.
type Channel struct {
	CallID  string
	Account account.ID
	Switch  string

	From, To, Request              callflow.URI
	CallerIDName, CallerIDNumber   string
	OwnerID                        string
	AuthorizingID, AuthorizingType string

	Began    time.Time
	Answered time.Time // zero while it is not answered

	Callflow *callflow.Found // nil while none is found
	Step     int             // index of the step it is in; 0 before the first
	Module   string          // of that step
	Since    time.Time       // when the step began
}

// describe makes the channel of a call that begins.
func describe(in Incoming, began time.Time) Channel {
	c := in.Call
	vars := callflow.Data(c.ChannelVars)
	channel := Channel{
		CallID: c.ID, Account: c.Account, Switch: in.Switch, From: c.From, To: c.To, Request: c.Request,
		CallerIDName: c.CallerIDName, CallerIDNumber: c.CallerIDNumber, AuthorizingID: vars.String("Authorizing-ID"),
		AuthorizingType: c.AuthorizingType(), Began: began,
	}
	if len(c.OwnerIDs) > 0 {
		channel.OwnerID = c.OwnerIDs[0]
	}
	return channel
}

func (c *Call) key() key { return key{c.incoming.Call.Account, c.incoming.Call.ID} }

// Channel returns the call as it is now.
func (c *Call) Channel() Channel {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.channel
}

// Control is the switch's, which notes when the call is answered. It is what the walk must use.
func (c *Call) Control() callflow.Control { return answering{c.incoming.Control, c} }

// Found notes which callflow answers.
func (c *Call) Found(f *callflow.Found) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.channel.Callflow = f
}

// Enter notes that a step begins (callflow.Walk.Enter).
func (c *Call) Enter(s callflow.Step) {
	now := c.registry.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.channel.Step, c.channel.Module, c.channel.Since = s.Index, s.Module, now
}

// Observe keeps a step that is over (callflow.Walk.Observe).
func (c *Call) Observe(s callflow.Step) {
	s = trimmed(s)
	n := weight(s)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.steps) >= mostSteps || c.bytes+n > mostStepBytes {
		c.more++
		return
	}
	c.steps, c.bytes = append(c.steps, s), c.bytes+n
}

// Finish ends the call in the registry, and tells the observers of it.
func (c *Call) Finish(ended callflow.Ended) {
	c.cancel(context.Canceled)
	now := c.registry.now()
	c.mu.Lock()
	record := Record{Channel: c.channel, Finished: now, Ended: ended, Steps: c.steps, More: c.more}
	c.mu.Unlock()
	c.registry.finish(c, record)
}

// answered notes when the call is answered, once.
func (c *Call) answered() {
	now := c.registry.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.channel.Answered.IsZero() {
		c.channel.Answered = now
	}
}

// answering is a Control that notes when its call is answered.
type answering struct {
	callflow.Control
	call *Call
}

func (a answering) Answer(ctx context.Context) error {
	err := a.Control.Answer(ctx)
	if err == nil {
		a.call.answered()
	}
	return err
}

func (a answering) Bridge(ctx context.Context, b callflow.Bridge) (callflow.Bridged, error) {
	result, err := a.Control.Bridge(ctx, b)
	if err == nil && result.Answered() {
		a.call.answered()
	}
	return result, err
}
