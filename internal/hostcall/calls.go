package hostcall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"callfn/internal/bindings"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// Config is what bindings are made of. A part that is nil is one that this place does not have.
type Config struct {
	Log *slog.Logger // faults of this process; nil for none
}

// Calls makes the hosts of runs. It is safe for concurrent use.
type Calls struct {
	cfg      Config
	verbs    map[string]verb
	surfaces []surface
}

// New makes Calls.
func New(cfg Config) *Calls {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Calls{cfg: cfg, verbs: map[string]verb{}, surfaces: surfaces()}
	for _, v := range verbs() {
		c.verbs[v.name] = v
	}
	return c
}

// Run is the host of one run.
type Run struct {
	Terms       runs.Terms
	Declaration bindings.Declaration

	calls *Calls
	spent map[string]int // calls by binding
	done  []runs.HostCall
	now   runs.HostCall // the one under way
}

var _ sandbox.Host = (*Run)(nil)

// ForRun makes the host of a run, and what the realm is given: a JSON object, a member for each name of the surface.
func (c *Calls) ForRun(t runs.Terms, d bindings.Declaration) (*Run, json.RawMessage, error) {
	r := &Run{Terms: t, Declaration: d, calls: c, spent: map[string]int{}}
	given := map[string]any{}
	for _, s := range c.surfaces {
		if s.may(d) {
			given[s.name] = s.of(r)
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
		told.OK, err = json.Marshal(value)
	}
	if err == nil && len(told.OK) > sandbox.MaxTold {
		err = fmt.Errorf("an answer of %d bytes to %s", len(told.OK), name)
	}
	if err != nil {
		told = sandbox.Told{Error: r.failed(ctx, v, err)}
		r.now.Reason = told.Error.Reason
	}
	r.now.MS = runs.Milliseconds(time.Since(start))
	r.done = append(r.done, r.now)
	return told
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

// Done lists the calls that were answered, in order.
func (r *Run) Done() []runs.HostCall { return slices.Clone(r.done) }

// about is `run`.
func (r *Run) about() any {
	return map[string]any{"id": r.Terms.Run, "account": r.Terms.Account}
}
