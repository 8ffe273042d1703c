package couchtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"callfn/internal/couchnode"

	"modernc.org/quickjs"
)

// Engine evaluates JavaScript design functions inside the test process, each call in a fresh QuickJS machine. It is for
// tests only: it isolates nothing.
type Engine struct{}

var _ couchnode.Engine = Engine{}

// showSource returns what CouchDB's query server answers: ["resp", …], or ["error", word, reason].
const showSource = `(function (source, doc, req) {
	try {
		var out = (0, eval)('(' + source + ')')(doc, req);
		if (typeof out === 'string') out = {body: out};
		if (out === undefined || out === null) out = {body: ''};
		return JSON.stringify(['resp', out]);
	} catch (e) {
		if (Array.isArray(e) && e[0] === 'error') return JSON.stringify(e);
		if (e && e.error) return JSON.stringify(['error', String(e.error), String(e.reason)]);
		return JSON.stringify(['error', 'render_error', 'function raised error: ' + String(e)]);
	}
})`

// mapSource returns rows per document and function. A function that throws on a document emits no rows for it.
const mapSource = `(function (sources, docs) {
	var rows = null, compiled = [];
	globalThis.emit = function (key, value) {
		rows.push({key: key === undefined ? null : key, value: value === undefined ? null : value});
	};
	for (var i = 0; i < sources.length; i++) {
		try { compiled.push((0, eval)('(' + sources[i] + ')')); }
		catch (e) { return JSON.stringify({error: String(e)}); }
		if (typeof compiled[i] !== 'function') return JSON.stringify({error: 'Expression does not eval to a function.'});
	}
	return JSON.stringify({rows: docs.map(function (doc) {
		return compiled.map(function (fun) {
			rows = [];
			try { fun(JSON.parse(JSON.stringify(doc))); } catch (e) { rows = []; }
			return rows;
		});
	})});
})`

// validateSource returns null for each accepted edit, or [word, reason].
const validateSource = `(function (source, user, security, edits) {
	var validate = (0, eval)('(' + source + ')');
	return JSON.stringify(edits.map(function (edit) {
		try { validate(edit.New, edit.Old, user, security); return null; } catch (e) {
			if (e instanceof Error) return [e.name, e.message];
			for (var word in e) {
				return [word === 'forbidden' || word === 'unauthorized' ? word : 'unknown_error', String(e[word])];
			}
		}
	}));
})`

// run calls a function, given as source, with JSON arguments and returns the text that it returns.
func run(source string, args ...any) (string, error) {
	vm, err := quickjs.NewVM()
	if err != nil {
		return "", err
	}
	defer vm.Close()
	if err := vm.SetEvalTimeout(5 * time.Second); err != nil {
		return "", err
	}
	call := source + "("
	for i, a := range args {
		text, err := json.Marshal(a)
		if err != nil {
			return "", err
		}
		if i > 0 {
			call += ","
		}
		// JSON.parse makes a member named __proto__ plain data.
		quoted, _ := json.Marshal(string(text))
		call += "JSON.parse(" + string(quoted) + ")"
	}
	v, err := vm.Eval(call+")", quickjs.EvalGlobal)
	if err != nil {
		return "", err
	}
	text, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("the script returned %T", v)
	}
	return text, nil
}

// Show implements couchnode.Engine.
func (Engine) Show(ctx context.Context, language, fun string, doc json.RawMessage,
	asked couchnode.ShowRequest,
) (json.RawMessage, error) {
	if err := known(language); err != nil {
		return nil, err
	}
	req, err := asked.Whole()
	if err != nil {
		return nil, err
	}
	text, err := run(showSource, fun, doc, req)
	if err != nil {
		return nil, err
	}
	var answer []json.RawMessage
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, err
	}
	if len(answer) == 2 {
		return answer[1], ctx.Err()
	}
	var e couchnode.EngineError
	if len(answer) != 3 || json.Unmarshal(answer[1], &e.Word) != nil || json.Unmarshal(answer[2], &e.Reason) != nil {
		return nil, errors.New("the script made no sense: " + text)
	}
	return nil, &e
}

// Map implements couchnode.Engine.
func (Engine) Map(ctx context.Context, language string, funs []string,
	docs []json.RawMessage,
) ([][][]couchnode.Row, error) {
	if err := known(language); err != nil {
		return nil, err
	}
	if docs == nil {
		docs = []json.RawMessage{}
	}
	text, err := run(mapSource, funs, docs)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error string
		Rows  [][][]couchnode.Row
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, &couchnode.EngineError{Word: "compilation_error", Reason: answer.Error}
	}
	return answer.Rows, ctx.Err()
}

// Validate implements couchnode.Engine.
func (Engine) Validate(ctx context.Context, language, fun string, user, security json.RawMessage,
	edits []couchnode.Edit,
) ([]*couchnode.EngineError, error) {
	if err := known(language); err != nil {
		return nil, err
	}
	text, err := run(validateSource, fun, user, security, edits)
	if err != nil {
		return nil, err
	}
	var answer []*[2]string
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, err
	}
	refusals := make([]*couchnode.EngineError, len(answer))
	for i, r := range answer {
		if r != nil {
			refusals[i] = &couchnode.EngineError{Word: r[0], Reason: r[1]}
		}
	}
	return refusals, ctx.Err()
}

func known(language string) error {
	if language != "javascript" {
		return &couchnode.EngineError{Word: "unknown_query_language", Reason: language}
	}
	return nil
}
