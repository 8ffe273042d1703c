package queryserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"callfn/internal/couchnode/strictjson"
	"callfn/internal/sandbox"
)

// Evaluator runs sandbox jobs: *sandbox.Pool.
type Evaluator interface {
	Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error)
}

// Show runs the show function source over doc (JSON, or null) and req (CouchDB's request object) and answers the
// response object of the query server protocol. What the code did wrong is a response with a code that is not 200,
// never an error, and so are a full queue and a malformed RunHeader (503 and 400, outcome "refused"); the error is for
// a place that cannot run anything: sandbox.ErrClosed, ctx's.
func Show(ctx context.Context, e Evaluator, source string, doc, req json.RawMessage,
	limits sandbox.Limits,
) (json.RawMessage, error) {
	doc, err := compacted(doc)
	if err != nil {
		return refuse(400, fmt.Errorf("queryserver: malformed document: %w", err))
	}
	if req, err = compacted(req); err != nil {
		return refuse(400, fmt.Errorf("queryserver: malformed request object: %w", err))
	}
	return show(ctx, e, source, doc, req, limits)
}

// show is Show for a document and a request that are compact JSON.
func show(ctx context.Context, e Evaluator, source string, doc, req json.RawMessage,
	limits sandbox.Limits,
) (json.RawMessage, error) {
	ask, asked, err := askOf(req)
	if err != nil {
		return refuse(400, err)
	}
	if ask.Deadline > 0 && (limits.Deadline == 0 || ask.Deadline < limits.Deadline) {
		limits.Deadline = ask.Deadline
	}
	if own := Timeout(doc); own > 0 && (limits.Deadline == 0 || own < limits.Deadline) {
		limits.Deadline = own
	}
	if !asked {
		ask.Run = "bare"
	}
	job := sandbox.Job{
		Kind: sandbox.KindShow, Run: ask.Run, Source: source, Doc: doc, Req: req, TimeZone: ask.TimeZone, Limits: limits,
		Account: ask.Account, Root: ask.Root, Rehearsal: ask.Rehearsal,
	}
	if ask.Explain {
		job.Kind = sandbox.KindExplain
	}
	if !asked {
		job.Account = ownerOf(doc)
	}
	if !ask.Now.IsZero() {
		job.Now = ask.Now.UnixMilli()
	}
	a, err := e.Do(ctx, job)
	if errors.Is(err, sandbox.ErrBusy) {
		return refuse(503, errors.New(strings.TrimPrefix(err.Error(), sandbox.ErrBusy.Error()+": ")))
	}
	if err != nil {
		return nil, err
	}
	if !asked {
		return bare(a, limits)
	}
	return enveloped(a, limits, doc)
}

// refuse answers a run that never began.
func refuse(code int, why error) (json.RawMessage, error) {
	body, err := json.Marshal(failureBody{Error: "refused", Failure: Failure{Message: why.Error()}})
	if err != nil {
		return nil, err
	}
	return json.Marshal(response{Code: code, JSON: body})
}

// bare is the answer that any HTTP client of the show gets.
func bare(a sandbox.Answer, l sandbox.Limits) (json.RawMessage, error) {
	if a.Status == sandbox.Done {
		return a.Body, nil
	}
	outcome, f := failureOf(a, l)
	body, err := json.Marshal(failureBody{Error: outcome, Failure: f})
	if err != nil {
		return nil, err
	}
	return json.Marshal(response{Code: 500, JSON: body})
}

// enveloped is the answer that callfn gets: the outcome, the result or the error and its line, the logs.
func enveloped(a sandbox.Answer, l sandbox.Limits, doc json.RawMessage) (_ json.RawMessage, err error) {
	env := Envelope{Run: a.Run, Logs: a.Logs, Levels: a.Levels, Missed: a.Missed, Rev: revOf(doc)}
	var r response
	switch {
	case a.Status != sandbox.Done:
		outcome, f := failureOf(a, l)
		env.Outcome, env.Error = outcome, &f
	case json.Unmarshal(a.Body, &r) != nil:
		env.Outcome, env.Error = "crashed", &Failure{Message: "the show gave a response that is none"}
	case r.Code == 0 || r.Code == 200:
		env.Outcome, env.Result = "ok", r.JSON
		if r.JSON == nil {
			env.Outcome, env.Error = "no_flow", &Failure{Message: "the show answered without a JSON value"}
		}
	default:
		env.Outcome, env.Error = reported(r.JSON)
	}
	if env.Error != nil {
		env.Error.explain(env.Outcome, doc)
	}
	b := append(make([]byte, 0, 256+len(env.Result)+len(env.Logs)), `{"json":`...)
	if b, err = env.appendTo(b); err != nil {
		return nil, fmt.Errorf("queryserver: encode envelope of run %s: %w", a.Run, err)
	}
	b = strictjson.AppendString(append(b, `,"headers":{"Cache-Control":"no-store","`+RunHeader+`":`...), a.Run)
	return append(b, "}}"...), nil
}

// reported reads the failure that `wh` answered. Only the outcomes that `wh` can know are believed: the rest belong to
// the sandbox, and a function must not be able to claim them.
func reported(body json.RawMessage) (string, *Failure) {
	var f failureBody
	if json.Unmarshal(body, &f) != nil {
		return "threw", &Failure{Message: "the show answered a failure that is none"}
	}
	switch f.Error {
	case "syntax", "threw", "no_flow", "invalid_flow", "memory", "disabled", "refused", "not_found":
		return f.Error, &f.Failure
	}
	return "threw", &f.Failure
}

// failureOf tells what the sandbox saw in the closed set of outcomes.
func failureOf(a sandbox.Answer, l sandbox.Limits) (string, Failure) {
	d := sandbox.DefaultLimits()
	if l.Deadline == 0 {
		l.Deadline = d.Deadline
	}
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	if l.Result == 0 {
		l.Result = d.Result
	}
	switch a.Status {
	case sandbox.Timeout:
		return "timeout", Failure{Message: fmt.Sprintf("the function was stopped after %d ms", l.Deadline.Milliseconds())}
	case sandbox.Memory:
		return "memory", Failure{Message: fmt.Sprintf("the function needed more than %d MiB of memory", l.Memory>>20)}
	case sandbox.TooLarge:
		return "too_large", Failure{Message: fmt.Sprintf("the function returned more than %d KiB", l.Result>>10)}
	case sandbox.Failed:
		var f sandbox.Fault
		if json.Unmarshal(a.Body, &f) == nil {
			return "threw", Failure{Message: strings.TrimPrefix(f.Name+": "+f.Message, ": "), Line: f.Line, Column: f.Column}
		}
	}
	return "crashed", Failure{Message: "the worker process died under the function"}
}

// askOf finds RunHeader in CouchDB's request object, whatever the header's case.
func askOf(req json.RawMessage) (Ask, bool, error) {
	if strictjson.KindOf(req) != strictjson.Object {
		return Ask{}, false, errors.New("queryserver: malformed request object: not an object")
	}
	headers := strictjson.Last(req, "headers")
	if headers == nil || strictjson.KindOf(headers) == strictjson.Null {
		return Ask{}, false, nil
	}
	if strictjson.KindOf(headers) != strictjson.Object {
		return Ask{}, false, errors.New("queryserver: malformed request object: its headers are no object")
	}
	for _, h := range strictjson.Members(headers) {
		if !strings.EqualFold(h.Name, RunHeader) {
			continue
		}
		if strictjson.KindOf(h.Value) != strictjson.String {
			return Ask{}, false, errors.New(RunHeader + ": not a string")
		}
		ask, err := ParseAsk(strictjson.Unquote(h.Value))
		return ask, err == nil, err
	}
	return Ask{}, false, nil
}
