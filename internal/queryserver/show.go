package queryserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"callfn/internal/hostcall"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/strictjson"
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
	terms, asked, err := termsOf(req)
	if err != nil {
		return refuse(400, err)
	}
	d := ReadDocument(doc)
	if !asked {
		terms.Run, terms.Account = "bare", d.owner
	}
	j := job(source, d, d.rest(), readRequest(req), terms, limits)
	a, err := e.Do(ctx, j)
	if errors.Is(err, sandbox.ErrBusy) {
		return refuse(503, errors.New(strings.TrimPrefix(err.Error(), sandbox.ErrBusy.Error()+": ")))
	}
	if err != nil {
		return nil, err
	}
	if !asked {
		return bare(a, j.Limits)
	}
	return enveloped(reportOf(a, j.Limits, d))
}

// Runs runs functions for this service's own runs: nothing is written that this process would have to read again.
type Runs struct {
	Eval   Evaluator
	Wh     string // the show's source
	Limits sandbox.Limits
	Calls  *hostcall.Calls // what functions with bindings use; nil refuses them
}

// Do runs the show `wh` over a document. What must not run is refused before it waits for a worker. The error is the
// evaluator's: sandbox.ErrBusy where the queue is full.
func (r Runs) Do(ctx context.Context, d Document, req Request, t runs.Terms) (runs.Report, error) {
	if outcome, failure := d.Refusal(t.Account); outcome != "" {
		return runs.Report{Run: t.Run, Outcome: outcome, Error: failure, Rev: d.Rev, Place: runs.InOurs}, nil
	}
	return r.run(ctx, d, req, t)
}

// Draft is Do for a document of NewDraft.
func (r Runs) Draft(ctx context.Context, d Document, req Request, t runs.Terms) (runs.Report, error) {
	report, err := r.run(ctx, d, req, t)
	if err == nil {
		report.Place = runs.InDraft
	}
	return report, err
}

func (r Runs) run(ctx context.Context, d Document, req Request, t runs.Terms) (runs.Report, error) {
	j := job(r.Wh, d, d.decisive(), req, t, r.Limits)
	host, failure, err := d.grant(&j, r.Calls, req, t)
	if err != nil {
		return runs.Report{}, err
	}
	if failure != nil {
		return runs.Report{Run: t.Run, Outcome: runs.Refused, Error: failure, Rev: d.Rev, Place: runs.InOurs}, nil
	}
	if host != nil {
		var cancel context.CancelFunc
		ctx, cancel = runs.WithWaits(ctx)
		defer cancel()
	}
	a, err := r.Eval.Do(ctx, j)
	if err != nil {
		return runs.Report{}, err
	}
	report := reportOf(a, j.Limits, d)
	if host != nil {
		report.Calls, report.Revealed, report.Effects = host.Done(), host.Revealed(), host.Effects()
		report.Hide(host.Hide)
	}
	return report, nil
}

// job is the sandbox's part of a run, within the tightest of the deadlines. doc is what the show gets of the document.
func job(source string, d Document, doc json.RawMessage, req Request, t runs.Terms,
	limits sandbox.Limits,
) sandbox.Job {
	for _, own := range []time.Duration{t.Deadline, d.deadline} {
		if own > 0 && (limits.Deadline == 0 || own < limits.Deadline) {
			limits.Deadline = own
		}
	}
	j := sandbox.Job{
		Kind: sandbox.KindShow, Run: t.Run, Source: source, Doc: doc, Body: d.body, Req: req.rest,
		Members: req.names, Query: req.query, Form: req.form, TimeZone: t.TimeZone, Limits: limits,
		Account: t.Account, Root: t.Root, Rehearsal: t.Rehearsal,
	}
	if t.Rehearsal {
		j.Kind = sandbox.KindExplain
	}
	if !t.Now.IsZero() {
		j.Now = t.Now.UnixMilli()
	}
	return j
}

// refuse answers a run that never began.
func refuse(code int, why error) (json.RawMessage, error) {
	body, err := json.Marshal(failureBody{Error: runs.Refused, Failure: runs.Failure{Message: why.Error()}})
	if err != nil {
		return nil, err
	}
	return json.Marshal(response{Code: code, JSON: body})
}

// bare is the answer that any HTTP client of the show gets.
func bare(a sandbox.Answer, l sandbox.Limits) (json.RawMessage, error) {
	switch {
	case a.Outcome != runs.OK:
		body, err := json.Marshal(failureBody{Error: a.Outcome, Failure: *failureOf(a, l)})
		if err != nil {
			return nil, err
		}
		return json.Marshal(response{Code: 500, JSON: body})
	case a.Value != nil:
		b := append(make([]byte, 0, len(a.Value)+16), `{"json":`...)
		return append(append(b, a.Value...), '}'), nil
	}
	return a.Body, nil
}

// enveloped is the answer that callfn gets: the outcome, the result or the error and its line, the logs.
func enveloped(report runs.Report) (json.RawMessage, error) {
	b, err := appendEnvelope(append(make([]byte, 0, 256+len(report.Value)), `{"json":`...), report)
	if err != nil {
		return nil, err
	}
	b = append(b, `,"headers":{"Cache-Control":"no-store","`+RunHeader+`":`...)
	return append(strictjson.AppendString(b, string(report.Run)), "}}"...), nil
}

// reportOf is what the show, and the sandbox around it, made of a run. A value that the show has answered goes through
// unread: who asked for the run checks it.
func reportOf(a sandbox.Answer, l sandbox.Limits, d Document) runs.Report {
	report := a.Report
	report.Rev, report.Place = d.Rev, runs.InOurs
	var r response
	switch {
	case a.Outcome != runs.OK:
		report.Error = failureOf(a, l)
	case a.Value != nil:
	case json.Unmarshal(a.Body, &r) != nil:
		report.Outcome, report.Error = runs.Crashed, &runs.Failure{Message: "the show gave a response that is none"}
	case r.Code != 0 && r.Code != 200:
		report.Outcome, report.Error = reported(r.JSON)
	case r.JSON == nil:
		report.Outcome, report.Error = runs.NoFlow, &runs.Failure{Message: "the show answered without a JSON value"}
	default:
		report.Value = r.JSON
	}
	if report.Error != nil {
		d.explain(report.Error, report.Outcome)
	}
	return report
}

// reported reads the failure that `wh` answered. Only the outcomes that `wh` can know are believed.
func reported(body json.RawMessage) (runs.Outcome, *runs.Failure) {
	var f failureBody
	if json.Unmarshal(body, &f) != nil {
		return runs.Threw, &runs.Failure{Message: "the show answered a failure that is none"}
	}
	if !f.Error.ReportedByShow() {
		f.Error = runs.Threw
	}
	return f.Error, &f.Failure
}

// failureOf tells in words how the sandbox ended a run.
func failureOf(a sandbox.Answer, l sandbox.Limits) *runs.Failure {
	l = l.WithDefaults()
	message := "the worker process died under the function"
	switch a.Outcome {
	case runs.Timeout:
		message = fmt.Sprintf("the function was stopped after %d ms", l.Deadline.Milliseconds())
		if a.Waited > 0 {
			message += fmt.Sprintf(" of its own; it waited %d ms besides", a.Waited.Milliseconds())
		}
	case runs.Memory:
		message = fmt.Sprintf("the function needed more than %d MiB of memory", l.Memory>>20)
	case runs.TooLarge:
		message = fmt.Sprintf("the function returned more than %d KiB", l.Result>>10)
	case runs.Threw, runs.Syntax:
		if a.Error != nil {
			return a.Error
		}
	}
	return &runs.Failure{Message: message}
}

// termsOf finds RunHeader in CouchDB's request object, whatever the header's case.
func termsOf(req json.RawMessage) (runs.Terms, bool, error) {
	if strictjson.KindOf(req) != strictjson.Object {
		return runs.Terms{}, false, errors.New("queryserver: malformed request object: not an object")
	}
	headers := strictjson.Last(req, "headers")
	if headers == nil || strictjson.KindOf(headers) == strictjson.Null {
		return runs.Terms{}, false, nil
	}
	if strictjson.KindOf(headers) != strictjson.Object {
		return runs.Terms{}, false, errors.New("queryserver: malformed request object: its headers are no object")
	}
	for _, h := range strictjson.Members(headers) {
		if !strings.EqualFold(h.Name, RunHeader) {
			continue
		}
		if strictjson.KindOf(h.Value) != strictjson.String {
			return runs.Terms{}, false, errors.New(RunHeader + ": not a string")
		}
		terms, err := ParseHeader(strictjson.Unquote(h.Value))
		return terms, err == nil, err
	}
	return runs.Terms{}, false, nil
}
