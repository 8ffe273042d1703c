package runrecord

import (
	"encoding/json"
	"strings"
	"time"

	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/jsonvalue"
	"callfn/internal/redact"
	"callfn/internal/runs"
)

// Limits of what a record keeps from a function, in bytes of JSON.
const (
	mostFlow = 32 << 10
	mostText = 2 << 10
)

// flowLimits are below the datastore's limits.
var flowLimits = jsonvalue.Limits{Depth: 80}

// document returns the record of a run.
func document(r function.Ran, keep Keep) datastore.Document {
	hide := redact.New(r.Params).With(r.Revealed)
	doc := datastore.Document{
		"_id":         string(r.Run),
		"function_id": string(r.Function),
		"timestamp":   r.Start.UTC().Format("2006-01-02T15:04:05.000Z"),
		"source":      string(r.Origin),
		"outcome":     string(r.Outcome),
		"duration_ms": runs.Milliseconds(r.Duration),
		"sizes":       map[string]any{"parameters": sizeOf(r.Params), "result": len(r.Value)},
	}
	setText(doc, "call_id", bounded(r.CallID))
	setText(doc, "revision", r.Rev)
	setText(doc, "place", string(r.Place))
	if r.Error != nil {
		doc["error"] = failure(r.Error, hide)
	}
	if len(r.Logs) > 0 {
		logs := make([]any, len(r.Logs))
		for i, line := range r.Logs {
			logs[i] = hide.Text(line)
		}
		doc["logs"] = logs
	}
	if len(r.Logs) > 0 {
		doc["log_level"] = function.HighestLevel(r.Levels)
	}
	if len(r.Levels) > 0 {
		levels := make([]any, len(r.Levels))
		for i, level := range r.Levels {
			levels[i] = level
		}
		doc["log_levels"] = levels
	}
	name := "result"
	if r.Outcome == runs.OK && !r.ForValue {
		name = "flow"
	}
	switch value, err := jsonvalue.Decode(r.Value, flowLimits); {
	case len(r.Value) == 0:
	case len(r.Value) > mostFlow:
		doc[name+"_omitted"] = "too large to keep"
	case err != nil:
		doc[name+"_omitted"] = "no JSON to keep: " + bounded(err.Error())
	default:
		order := jsonvalue.OrderOf(r.Value).Renamed(hide.Text)
		if text, err := order.Append(nil, hide.Value(value)); err == nil { // cannot fail: it was decoded from JSON
			doc[name] = json.RawMessage(text)
		}
	}
	if len(r.Calls) > 0 {
		doc["waited_ms"], doc["host_calls"] = runs.Milliseconds(r.Waited), hostCalls(r.Calls)
	}
	if keep.Parameters {
		doc["parameters"] = hide.Params(r.Params)
	}
	stamp := datastore.Stamp{
		Type: DocumentType, AccountID: string(r.Account), Database: datastore.FunctionRuns,
		Now: r.Start,
	}
	stamp.Mark(doc)
	return doc
}

// hostCalls is what a run asked of its bindings. Nothing in it comes from a call.
func hostCalls(calls []runs.HostCall) json.RawMessage {
	raw, err := json.Marshal(calls)
	if err != nil { // text and numbers: cannot happen
		return json.RawMessage("[]")
	}
	return raw
}

// failure returns a run's error in the form of a record.
func failure(e *function.Error, hide redact.Redactor) map[string]any {
	out := map[string]any{"message": hide.Text(bounded(e.Message))}
	for name, n := range map[string]int{"line": e.Line, "column": e.Column} {
		if n > 0 {
			out[name] = n
		}
	}
	setText(out, "source", hide.Text(e.Source))
	setText(out, "hint", e.Hint)
	if len(e.Fields) > 0 {
		var fields any
		if raw, err := json.Marshal(e.Fields); err == nil && len(raw) <= mostFlow {
			if fields, err = jsonvalue.Decode(raw, flowLimits); err == nil {
				out["fields"] = hide.Value(fields)
			}
		}
	}
	return out
}

func setText(doc map[string]any, name, text string) {
	if text != "" {
		doc[name] = text
	}
}

// bounded returns text in the form of a record: valid, and at most mostText bytes long.
func bounded(text string) string { return clip.Text(strings.ToValidUTF8(text, "�"), mostText) }

// sizeOf returns the bytes of all names and values.
func sizeOf(params map[string]string) int {
	n := 0
	for name, value := range params {
		n += len(name) + len(value)
	}
	return n
}

// weight estimates a waiting record's memory.
func weight(r function.Ran) int64 {
	n := len(r.Value) + 512
	for _, line := range r.Logs {
		n += len(line)
	}
	return int64(n)
}

// expired returns the lowest run id that is young enough to be kept.
func expired(now time.Time, keep Keep) string { return string(runs.FirstID(now.Add(-keep.For))) }
