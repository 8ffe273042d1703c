package hostcall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"callfn/internal/account"
	"callfn/internal/bindings"
	"callfn/internal/kv"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// Config is what bindings are made of. A part that is nil is one that this place does not have.
type Config struct {
	KV       *kv.Store
	NoKV     string // why there is no KV, as the end of a sentence: "callfn serve has no --nats-url"
	RemoteKV bool   // KV is not in this process: its answers may take long

	HTTP        HTTP
	Secrets     Secrets
	SecretUsed  func(of account.ID, name string) // told of every secret that leaves the service; nil for nobody
	AllowReveal bool                             // functions may read secrets that were set for that

	// Observe is told of every call: its reason is "" where it succeeded. nil for nobody.
	Observe func(verb, reason string, took time.Duration)
	Log     *slog.Logger // faults of this process; nil for none
}

// Calls makes the hosts of runs. It is safe for concurrent use.
type Calls struct {
	cfg   Config
	verbs map[string]verb
	parts []part
}

// New makes Calls.
func New(cfg Config) *Calls {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(string, string, time.Duration) {}
	}
	c := &Calls{cfg: cfg, verbs: map[string]verb{}, parts: parts()}
	for _, v := range verbs() {
		c.verbs[v.name] = v
	}
	return c
}

// Run is the host of one run.
type Run struct {
	Terms       runs.Terms
	Declaration bindings.Declaration

	calls  *Calls
	params json.RawMessage
	kv     *kv.Store
	spent  map[string]int // calls by binding
	now    runs.HostCall  // the one under way
	vault  vault

	mu      sync.Mutex // a call that was given up may still end
	done    []runs.HostCall
	effects []runs.Effect
}

var _ sandbox.Host = (*Run)(nil)

// Check says why what a function declares cannot be had here; nil where it can. Its text is a sentence for the admin.
// The zero Calls, and nil, have nothing.
func (c *Calls) Check(d bindings.Declaration) error {
	for _, p := range parts() {
		if !p.declared(d) {
			continue
		}
		why := "bindings cannot be had here"
		if c != nil {
			why = p.missing(c.cfg)
		}
		if why != "" {
			return &MissingError{Binding: p.name, Why: why}
		}
	}
	return nil
}

// MissingError says which binding a place does not have.
type MissingError struct{ Binding, Why string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("the function declares bindings.%s: %s", e.Binding, e.Why)
}

// Waits reports whether a function may wait long for what it asks: such functions have a lane of their own.
func (c *Calls) Waits(d bindings.Declaration) bool {
	for _, p := range c.parts {
		if p.waits != nil && p.declared(d) && p.waits(c.cfg) {
			return true
		}
	}
	return false
}

// ForRun makes the host of a run, and what the realm is given: a JSON object, a member for each name of the surface.
// The declaration must have passed Check.
// params is a JSON object of the call's parameters.
func (c *Calls) ForRun(t runs.Terms, d bindings.Declaration, params json.RawMessage) (*Run, json.RawMessage, error) {
	r := &Run{Terms: t, Declaration: d, params: params, calls: c, spent: map[string]int{}, kv: c.store(t)}
	given := map[string]any{"run": r.about()}
	for _, p := range c.parts {
		if p.surface != nil && p.declared(d) {
			given[p.name] = p.surface(r)
		}
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return nil, nil, fmt.Errorf("hostcall: the surface of run %s: %w", t.Run, err)
	}
	return r, raw, nil
}

// Allows reports whether the function declares what the verb needs.
func (r *Run) Allows(name string) bool {
	v, known := r.calls.verbs[name]
	return known && v.may(r.Declaration)
}

// Ask answers one question and notes it.
func (r *Run) Ask(ctx context.Context, name string, args json.RawMessage) sandbox.Told {
	v, start := r.calls.verbs[name], time.Now()
	r.now = runs.HostCall{Verb: name}
	value, err := r.do(ctx, v, args)
	var told sandbox.Told
	if err == nil {
		told.OK, err = encode(value)
	}
	if err == nil && len(told.OK) > sandbox.MaxTold {
		err = fmt.Errorf("an answer of %d bytes to %s", len(told.OK), name)
	}
	if err != nil {
		told = sandbox.Told{Error: r.failed(ctx, v, err)}
		r.now.Reason = told.Error.Reason
	}
	took := time.Since(start)
	r.now.MS = runs.Milliseconds(took)
	r.note(r.now)
	r.calls.cfg.Observe(name, r.now.Reason, took)
	return told
}

// each notes several calls that one question made, but for the last: that one is under way until it is answered.
func (r *Run) each(calls []runs.HostCall) {
	for i, call := range calls {
		if i == len(calls)-1 {
			r.now = call
			return
		}
		r.note(call)
		r.calls.cfg.Observe(call.Verb, call.Reason, time.Duration(call.MS*float64(time.Millisecond)))
	}
}

// encode writes a value as JSON. It does not escape HTML, which would make pages grow by half.
func encode(value any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (r *Run) do(ctx context.Context, v verb, args json.RawMessage) (any, error) {
	if v.budget != nil {
		if err := r.spend(v.budget, 1); err != nil {
			return nil, err
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, v.budget.each)
		defer cancel()
	}
	return v.do(ctx, r, args)
}

// spend counts calls of a binding against its budget.
func (r *Run) spend(b *budget, n int) error {
	if r.spent[b.binding]+n > b.calls {
		return &Error{
			Name: b.err, Reason: "budget",
			Message: fmt.Sprintf("a run may call %s %d times: ask for less, or once for all", b.binding, b.calls),
		}
	}
	r.spent[b.binding] += n
	return nil
}

func (r *Run) failed(ctx context.Context, v verb, err error) *sandbox.HostError {
	var e *Error
	if errors.As(err, &e) {
		return &sandbox.HostError{Name: e.Name, Reason: e.Reason, Message: e.Message}
	}
	r.calls.cfg.Log.ErrorContext(ctx, "cannot answer a function", "verb", v.name, "run", r.Terms.Run, "error", err)
	name := "Error"
	if v.budget != nil {
		name = v.budget.err
	}
	return &sandbox.HostError{
		Name: name, Reason: "unavailable", Message: v.name + " failed inside callfn: tell its operator",
	}
}

// mostNoted is how many calls of a run are kept for its record. Budgets grant fewer.
const mostNoted = 64

func (r *Run) note(call runs.HostCall) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.done) < mostNoted {
		r.done = append(r.done, call)
	}
}

// Done lists the calls that were answered, in order, as the run's record keeps them. It is asked once the run is over.
func (r *Run) Done() []runs.HostCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.done)
}

// about is `run`.
func (r *Run) about() any {
	return map[string]any{
		"id": r.Terms.Run, "function": r.Terms.Function, "account": r.Terms.Account, "origin": r.Terms.Origin,
		"caller": r.Terms.Caller, "depth": 0, "attempt": 1,
	}
}
