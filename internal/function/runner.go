package function

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"callfn/internal/account"
	"callfn/internal/bindings"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/internal/redact"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/schemas"
)

// Driver is a place that evaluates the show `functions/wh`. Who may run is decided there, from the document: by
// queryserver.Document.Refusal where Go has it, else by lib/refusal.js of the show. The deadline of the whole, the
// check of the result and the record are the Runner's.
type Driver interface {
	// Evaluate asks for one run. It returns within runs.Limit; an error means that the place
	// did not answer (outcome engine_down), everything else is told by the Report.
	Evaluate(ctx context.Context, e Evaluation) (runs.Report, error)
}

// Evaluation is one run as a Driver sees it.
type Evaluation struct {
	runs.Terms
	Function ID
	Params   map[string]string
	Bindings json.RawMessage // of a draft: what it declares that it uses; a stored function's document says it
}

// Drafts evaluates source text that is stored nowhere, and parses it.
type Drafts interface {
	EvaluateDraft(ctx context.Context, source string, e Evaluation) (runs.Report, error)
	// Parse parses source alone as a function body and runs nothing. The fault is nil when it parses. owner and its
	// top-level ancestor root, which may be "", are whose turn it takes.
	Parse(ctx context.Context, source string, owner, root account.ID) (*runs.Failure, error)
}

// FlowValidator checks a flow that a function returned and fills in defaults: the fields that fail, by path, or none.
type FlowValidator interface {
	ValidateFlow(flow map[string]any) (completed map[string]any, fields schemas.FieldErrors)
	// FlowWarnings points at what is valid in a flow and probably not meant: misspelt keys.
	FlowWarnings(flow map[string]any) []schemas.Warning
}

// Config wires a Runner. The first block is required.
type Config struct {
	Driver   Driver
	Drafts   Drafts
	Flows    FlowValidator
	NewRun   func() runs.ID
	Deadline time.Duration // per run, in the engine
	Log      *slog.Logger

	// Parameters are the names that calls give their parameters: what a rehearsal's hints suggest.
	Parameters []string
	// Root names an account's top-level ancestor, from memory as a rule: calls wait for it. May be nil.
	Root func(context.Context, account.ID) account.ID
	// Dialect knows what the engine of stored functions does not parse. May be nil, where it is the one that checks
	// syntax.
	Dialect Dialect
	// Observers are told of every run of a stored function, and of drafts that may replace one.
	Observers []Observer
}

// Dialect tells what newer syntax an engine does not parse, by the names of package dialect. Asked at every save.
type Dialect interface {
	Lacks(ctx context.Context) ([]string, error)
}

// Observer is told of finished runs. It must return at once: a call waits for it.
type Observer interface{ Ran(Ran) }

// Ran is one finished run of a stored function. It must not be changed.
type Ran struct {
	Request
	Result
	Start time.Time
}

// Runner runs functions for calls. It is the one place that knows what every way of running has in common.
type Runner struct{ cfg Config }

// NewRunner makes a Runner.
func NewRunner(cfg Config) *Runner {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Deadline <= 0 {
		cfg.Deadline = runs.DefaultDeadline
	}
	return &Runner{cfg: cfg}
}

// Run runs a stored function for a call. It always returns a Result, for a call at most a second after the deadline.
func (r *Runner) Run(ctx context.Context, req Request) Result {
	start := time.Now()
	run := r.cfg.NewRun()
	params := withAccount(req.Params, req.Account)
	rehearsal := req.Origin == FromRehearsal || req.Origin == FromAPI // no caller waits
	ctx, cancel := context.WithTimeout(datastore.Urgently(ctx), runs.Limit(r.cfg.Deadline, rehearsal))
	defer cancel()
	e := Evaluation{Function: req.Function, Params: params, Terms: runs.Terms{
		Run: run, TimeZone: req.TimeZone, Now: req.Now, Deadline: r.cfg.Deadline,
		Account: string(req.Account), Root: string(r.rootOf(ctx, req.Account)), Rehearsal: rehearsal,
		Function: string(req.Function), Origin: string(req.Origin), Outside: req.Outside, Caller: params[callerParameter],
	}}
	ev, err := r.cfg.Driver.Evaluate(ctx, e)
	res := r.finish(run, ev, err, req.ForValue)
	r.explain(&res, ev, e, req.Source)
	res.Duration = time.Since(start)
	r.tell(Ran{Request: req, Result: res, Start: start})
	r.log(ctx, req, res)
	return res
}

// log writes one line for each run: debug for what gave a flow, else with what failed and where.
func (r *Runner) log(ctx context.Context, req Request, res Result) {
	level := levelOf(res.Outcome)
	if !r.cfg.Log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("run", string(res.Run)), slog.String("account", string(req.Account)),
		slog.String("function", string(req.Function)),
		slog.String("call_id", req.CallID), slog.String("origin", string(req.Origin)),
		slog.String("outcome", string(res.Outcome)), slog.Duration("took", res.Duration),
	}
	if res.Error != nil {
		attrs = append(attrs, slog.String("error", clip.Message(redact.New(req.Params).Text(res.Error.Message))))
		if res.Error.Line > 0 {
			attrs = append(attrs, slog.Int("line", res.Error.Line))
		}
	}
	r.cfg.Log.LogAttrs(ctx, level, "function run", attrs...)
}

// withAccount is a copy of a call's parameters with the account's id: `wh` refuses a document of any other account.
func withAccount(params map[string]string, id account.ID) map[string]string {
	params = maps.Clone(params)
	if params == nil {
		params = map[string]string{}
	}
	params["Account-ID"] = string(id)
	return params
}

// callerParameter is the parameter with the number of who calls.
const callerParameter = "Caller-ID-Number"

func (r *Runner) rootOf(ctx context.Context, id account.ID) account.ID {
	if r.cfg.Root == nil {
		return ""
	}
	return r.cfg.Root(ctx, id)
}

func levelOf(o runs.Outcome) slog.Level {
	switch o {
	case runs.OK:
		return slog.LevelDebug
	case runs.EngineDown:
		return slog.LevelError
	case runs.Crashed:
		return slog.LevelWarn // a function's doing as a rule; its process is replaced
	}
	return slog.LevelInfo
}

// RunDraft runs source text that is stored nowhere, in the service's own pool. It is parsed and run at the same time,
// so that a draft waits for its account's turn once; what does not parse runs nothing.
func (r *Runner) RunDraft(ctx context.Context, d Draft) Result {
	start := time.Now()
	run := r.cfg.NewRun()
	params := withAccount(d.Params, d.Account)
	ctx, cancel := context.WithTimeout(ctx, runs.Limit(r.cfg.Deadline, true))
	defer cancel()
	e := Evaluation{Params: params, Bindings: d.Bindings, Terms: runs.Terms{
		Run: run, TimeZone: d.TimeZone, Now: d.Now, Deadline: r.cfg.Deadline,
		Account: string(d.Account), Root: string(r.rootOf(ctx, d.Account)), Rehearsal: true,
		Function: string(d.Function), Origin: string(FromRehearsal), Outside: d.Outside, Caller: params[callerParameter],
	}}
	var ev runs.Report
	var evErr error
	var evaluation sync.WaitGroup
	evaluation.Go(func() { ev, evErr = r.cfg.Drafts.EvaluateDraft(ctx, d.Source, e) })
	res := r.finish(run, runs.Report{Outcome: runs.Syntax}, nil, d.ForValue)
	if syntax, warnings, err := r.CheckSyntax(ctx, d.Account, d.Source); err != nil {
		res = r.finish(run, runs.Report{}, err, d.ForValue)
	} else if syntax != nil && !syntax.Parses {
		res.Error = &Error{Failure: syntax.Failure}
	} else {
		evaluation.Wait()
		res = r.finish(run, ev, evErr, d.ForValue)
		r.explain(&res, ev, e, d.Source)
		if declared, err := bindings.Parse(d.Bindings); err == nil {
			warnings = WithoutDeclared(warnings, declared.Names())
		}
		res.Hints = append(res.Hints, hintsOf(warnings, res, d.ForValue)...)
	}
	evaluation.Wait()
	res.Duration = time.Since(start)
	if d.Function != "" {
		r.tell(Ran{Start: start, Result: res, Request: Request{
			Account: d.Account, Function: d.Function, CallID: d.CallID, Params: params, TimeZone: d.TimeZone, Now: d.Now,
			Origin: FromRehearsal, ForValue: d.ForValue,
		}})
	}
	return res
}

func (r *Runner) tell(ran Ran) {
	for _, o := range r.cfg.Observers {
		o.Ran(ran)
	}
}

// finish checks what a place made of a run and turns it into a Result. value says that the run is for its value.
func (r *Runner) finish(run runs.ID, ev runs.Report, err error, value bool) Result {
	res := Result{
		Run: run, Outcome: ev.Outcome, Value: ev.Value, Logs: ev.Logs, Levels: levelsOf(ev),
		Rev: ev.Rev, Place: ev.Place, Calls: ev.Calls, Waited: ev.Waited, Revealed: ev.Revealed, Effects: ev.Effects,
		settled: ev.Settled,
	}
	if ev.Error != nil {
		res.Error = &Error{Failure: *ev.Error}
	}
	switch {
	case errors.Is(err, sandbox.ErrBusy):
		res.Outcome, res.Error = runs.Refused, NewError(
			strings.TrimPrefix(err.Error(), sandbox.ErrBusy.Error()+": "),
			"",
		)
	case err != nil:
		res.Outcome, res.Error = runs.EngineDown, NewError("functions cannot be run now: "+err.Error(), "")
	case ev.Outcome == runs.OK && value:
		checkValue(&res)
	case ev.Outcome == runs.OK:
		r.checkFlow(&res)
		if res.Outcome == runs.InvalidFlow {
			res.Error.Hint = adviseOnValue(res.Value)
		}
	}
	if res.Outcome != runs.OK {
		if res.Error == nil {
			res.Error = NewError("the run ended with outcome "+string(res.Outcome), "")
		}
		if res.Error.Hint == "" &&
			(res.Outcome != runs.Threw || res.Error.Line == 0) { // where it threw is said with the error
			res.Error.Hint = hints[res.Outcome]
			if value && res.Outcome == runs.NoFlow {
				res.Error.Hint = "end every path of the function with return …; and be it return null;"
			}
		}
	}
	return res
}

// Bounds on a returned value, before any schema sees it.
var flowLimits = jsonvalue.Limits{Depth: 200}

// checkValue makes an invalid_flow of a value that no program should read.
func checkValue(res *Result) {
	if _, err := jsonvalue.Decode(res.Value, flowLimits); err != nil {
		res.Outcome, res.Error = runs.InvalidFlow, NewError("the function returned what cannot be answered: "+err.Error(), "")
	}
}

// checkFlow makes Flow of Value, or an invalid_flow of the result.
func (r *Runner) checkFlow(res *Result) {
	v, order, err := jsonvalue.DecodeOrdered(res.Value, flowLimits)
	if err != nil {
		res.Outcome, res.Error = runs.InvalidFlow, NewError("the function returned what is no flow: "+err.Error(), "")
		return
	}
	flow, ok := v.(map[string]any)
	if !ok {
		res.Outcome = runs.InvalidFlow
		res.Error = NewError("the function returned "+kindOf(v)+" instead of an object {module: …, data: {…}}", "")
		return
	}
	done, fields := r.cfg.Flows.ValidateFlow(flow)
	if len(fields) > 0 {
		res.Outcome = runs.InvalidFlow
		res.Error = NewError("the function returned no valid flow: "+failing(fields), "")
		res.Error.Fields = fields
		return
	}
	res.Flow, res.Order = done, order
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "a list"
	}
	return "a number"
}

// position writes a position for people.
func position(line, column int) string {
	switch {
	case line == 0:
		return "the place shown"
	case column == 0:
		return "line " + strconv.Itoa(line)
	}
	return "line " + strconv.Itoa(line) + ", column " + strconv.Itoa(column)
}
