package savedcase

import (
	"bytes"
	"encoding/json"
	"fmt"

	"callfn/callflow"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
)

// Case is one test case. Its JSON form is that of the API and of files.
type Case struct {
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Call        map[string]any `json:"call"`             // as callflow.ParseCall takes it
	Script      map[string]any `json:"script,omitempty"` // as callflow.ParseScript takes it
	Expected    map[string]any `json:"expected"`         // see Check

	// of the case's members, as they were written; it goes with the case, and decides nothing
	Order *jsonvalue.Order `json:"-"`
}

// Of reads a case from a JSON object, such as a document's public part; members it does not know are left out.
func Of(object jsonvalue.Object) Case {
	c, doc := Case{Order: object.Order}, object.Members
	c.Name, _ = doc["name"].(string)
	c.Description, _ = doc["description"].(string)
	c.Call, _ = doc["call"].(map[string]any)
	c.Script, _ = doc["script"].(map[string]any)
	c.Expected, _ = doc["expected"].(map[string]any)
	return c
}

// Kind says what a case is about.
type Kind int

// The kinds.
const (
	OfFunction Kind = iota // the first step of the trace runs the function, and what it returns is walked
	OfCallflow             // the call is looked up like any other, and must be answered by the callflow
)

// Mismatch is one difference between a case's expectation and the trace.
type Mismatch struct {
	Path    string `json:"path"` // below `expected`, as KAZOO writes paths: steps.0.data.text
	Wanted  any    `json:"wanted"`
	Got     any    `json:"got"` // null for what is not there
	Message string `json:"message"`
}

// Check compares a trace with the case's expectation and returns the differences. Expected may have
//
//   - outcome: of the function; `ok` where a case of a function does not say (functions only);
//   - flow: a part of the flow that the function returned, defaults filled in (functions only);
//   - steps: parts of steps of the trace that must come in this order; others may stand between them;
//   - effects: a part of each effect that functions would have had outside, all of them in their order; an empty list
//     for none;
//   - ended: a part of how the call ended.
//
// An object of the expectation matches one that has at least its members, a list one of the same length; null matches
// what is not there. callflowID is the callflow that must answer, for a case of a callflow.
func (c Case) Check(kind Kind, callflowID callflow.ID, t callflow.Trace) ([]Mismatch, error) {
	got, err := generic(t)
	if err != nil {
		return nil, err
	}
	var m matcher
	switch kind {
	case OfFunction:
		if !m.outcome(c.Expected, t) {
			return m.found, nil // without the outcome nothing else can match
		}
		if wanted, ok := c.Expected["flow"]; ok {
			m.match([]string{"flow"}, wanted, at(got, "steps", 0, "function", "flow"))
		}
	case OfCallflow:
		if t.Callflow == nil || t.Callflow.ID != callflowID {
			m.notAnswered(callflowID, t)
			return m.found, nil
		}
	}
	if wanted, ok := c.Expected["steps"].([]any); ok {
		steps, _ := at(got, "steps").([]any)
		m.steps(wanted, steps)
	}
	if wanted, ok := c.Expected["effects"]; ok {
		m.match([]string{"effects"}, wanted, effectsOf(got))
	}
	if wanted, ok := c.Expected["ended"]; ok {
		m.match([]string{"ended"}, wanted, at(got, "ended"))
	}
	return m.found, nil
}

// outcome compares the function's outcome.
func (m *matcher) outcome(expected map[string]any, t callflow.Trace) bool {
	wanted, _ := expected["outcome"].(string)
	if wanted == "" {
		wanted = string(runs.OK)
	}
	if len(t.Steps) == 0 || t.Steps[0].Function == nil {
		m.differ([]string{"outcome"}, wanted, nil, "the function did not run: "+t.Ended.Hint)
		return false
	}
	ran := t.Steps[0].Function
	if string(ran.Outcome) == wanted {
		return true
	}
	why := "the function's outcome is " + string(ran.Outcome)
	if e := ran.Error; e != nil {
		why += ": " + e.Message
		switch {
		case e.Column > 0:
			why += fmt.Sprintf(" (line %d, column %d)", e.Line, e.Column)
		case e.Line > 0:
			why += fmt.Sprintf(" (line %d)", e.Line)
		}
	}
	m.differ([]string{"outcome"}, wanted, string(ran.Outcome), why)
	return false
}

// effectsOf lists the effects of all functions of a trace.
func effectsOf(trace any) []any {
	all := []any{}
	steps, _ := at(trace, "steps").([]any)
	for _, step := range steps {
		effects, _ := at(step, "function", "effects").([]any)
		all = append(all, effects...)
	}
	return all
}

// notAnswered reports which callflow answered instead.
func (m *matcher) notAnswered(wanted callflow.ID, t callflow.Trace) {
	if t.Callflow == nil {
		m.differ([]string{"callflow"}, string(wanted), nil, t.Ended.Cause+
			": let the case call one of this callflow's numbers")
		return
	}
	m.differ([]string{"callflow"}, string(wanted), string(t.Callflow.ID),
		"another callflow answers "+t.Callflow.Number+": let the case call one of this callflow's numbers")
}

// generic decodes a trace into JSON values.
func generic(t callflow.Trace) (any, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("compare with a saved case: %w", err)
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}

// at follows names and indexes into JSON values; nil where one is missing.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}
