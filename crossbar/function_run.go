package crossbar

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"callfn/callflow"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/params"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
	"callfn/schemas"
)

// runFunction runs a stored function for a pretend call, or with ?result=any for its value. It answers 201 whatever the
// outcome.
func (a *API) runFunction(x *exchange) (*answer, error) {
	doc, err := function.Collection(a.cfg.Datastores).Get(x.ctx, string(x.account.ID()), x.id())
	if err != nil {
		return nil, err
	}
	order, err := a.runOrder(x)
	if err != nil {
		return nil, err
	}
	return a.runStored(x, doc, order)
}

// runStored runs a stored function as ordered. For its value it runs in earnest: what it changes stays changed.
func (a *API) runStored(x *exchange, doc datastore.Document, order runOrder) (*answer, error) {
	if pack := doc.Text("language_pack"); pack != "" && pack != languagePack {
		return &answer{data: runData(function.Result{Outcome: runs.Refused, Error: function.NewError(
			"this system cannot run functions written in "+clip.Name(pack),
			"rewrite the function in JavaScript and set language_pack to "+languagePack,
		)})}, nil
	}
	origin := function.FromRehearsal
	if order.forValue {
		if order.scripted {
			return nil, invalidField("script", "unknown", schemas.Violation{
				"message": "a run with ?result=any takes place now and what it changes stays changed: leave the script out, or " +
					"leave ?result=any out to rehearse",
			})
		}
		origin = function.FromAPI
	}
	result := a.cfg.Functions.Run(x.ctx, function.Request{
		Account: x.account.ID(), Function: function.ID(doc.ID()), CallID: order.params["Call-ID"],
		Params: order.params, TimeZone: order.zone, Now: order.now, Origin: origin, ForValue: order.forValue,
		Outside: order.outside,
		Source:  doc.Text("function_js"),
	})
	return &answer{data: order.shown(result)}, nil
}

// runDraft runs source text that is not stored, or the stored function that the request names.
func (a *API) runDraft(x *exchange) (*answer, error) {
	order, err := a.runOrder(x)
	if err != nil {
		return nil, err
	}
	var fields schemas.FieldErrors
	if order.name != "" {
		if order.source != "" {
			return nil, invalidField("name", "unknown", schemas.Violation{
				"message": "name is of a stored function, function_js a draft: send one of them",
			})
		}
		doc, err := a.functionNamed(x, order.name)
		if err != nil {
			return nil, err
		}
		return a.runStored(x, doc, order)
	}
	if order.source == "" {
		fields.Add("function_js", "required", schemas.Violation{
			"message": "Field is required but missing",
			"value":   "function_js",
		})
	}
	if violation := a.sourceTooLong(order.source); violation != nil {
		fields.Add("function_js", "maxLength", violation)
	}
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	result := a.cfg.Functions.RunDraft(x.ctx, function.Draft{
		Source: order.source, Bindings: order.bindings, Account: x.account.ID(), Params: order.params,
		TimeZone: order.zone, Now: order.now,
		ForValue: order.forValue, Outside: order.outside,
	})
	return &answer{data: order.shown(result)}, nil
}

// runOrder is a parsed request to run a function on a pretend call.
type runOrder struct {
	source   string
	bindings json.RawMessage // of a draft
	name     string          // of a stored function
	forValue bool            // ?result=any: any JSON value will do
	asText   bool            // ?result=text: the same, answered as text
	scripted bool            // the request has a script
	outside  *runs.Outside   // what the script says of web servers
	params   map[string]string
	zone     string    // of the function's Date
	now      time.Time // the time at which Date begins; zero for the real time
	began    time.Time
	notes    []string // about ignored or interpreted members
}

// shown returns the client's view of a result, with the time of the run.
func (o runOrder) shown(result function.Result) map[string]any {
	shown := runData(result)
	if o.asText && result.Outcome == runs.OK {
		shown["result"] = textOf(result.Value)
	}
	shown["at"], shown["timezone"] = o.began.Format(time.RFC3339), o.zone
	if len(o.notes) > 0 {
		shown["notes"] = o.notes
	}
	return shown
}

// textOf writes a value as text: a text as it is, anything else as JSON.
func textOf(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil && len(value) > 0 && value[0] == '"' {
		return text
	}
	return string(value)
}

// runOrder parses the request. The function gets the parameters of a simulated call, or with ?result=any those of the
// request, where it has no call.
func (a *API) runOrder(x *exchange) (runOrder, error) {
	data, err := x.object()
	if err != nil {
		return runOrder{}, err
	}
	forValue, asText, err := x.wantsAnyResult()
	if err != nil {
		return runOrder{}, err
	}
	public := datastore.StripPrivate(data)
	value, fields := a.cfg.Schemas.Validate("functions.run", public)
	if call := checkSize(map[string]any{"call": public["call"], "script": public["script"], "params": public["params"]},
		a.cfg.ExtraLimit); len(call) > 0 {
		fields.Merge(call)
	}
	fields.Merge(outsideScript(public))
	fields.Merge(misplacedParams(public, forValue))
	if len(fields) > 0 {
		return runOrder{}, invalid(fields)
	}
	valid, _ := value.(map[string]any)
	declared, err := a.readBindings(public["bindings"], &fields)
	if err != nil {
		return runOrder{}, err
	}
	if len(fields) > 0 {
		return runOrder{}, invalid(fields)
	}
	call, _ := valid["call"].(map[string]any)
	script, _ := valid["script"].(map[string]any)
	source, _ := valid["function_js"].(string)
	name, _ := valid["name"].(string)
	_, called := public["call"]
	zone, err := a.cfg.Accounts.TimeZone(x.ctx, x.account)
	if err != nil {
		return runOrder{}, err
	}
	rehearsal, err := a.cfg.Simulator.Prepare(callflow.SimulationRequest{
		Account: x.account.ID(), Call: call, Script: script, ScriptOrder: x.body.order.Member("script"), TimeZone: zone,
		DefaultRealm: x.account.Realm(),
		Flow:         callflow.NodeOf(map[string]any{"module": "function"}),
	})
	fields = nil
	var unusable *callflow.InvalidCall
	switch {
	case errors.As(err, &unusable):
		for path, violations := range unusable.Errors() {
			if !strings.HasPrefix(path, "script") {
				path = "call." + path
			}
			for validator, violation := range violations {
				fields.Add(path, validator, violation)
			}
		}
	case err != nil:
		return runOrder{}, err
	}
	fields.Merge(beyondFunction(script))
	if len(fields) > 0 {
		return runOrder{}, invalid(fields)
	}
	given, from := callflow.Params(rehearsal.Call), "call"
	if forValue && !called {
		given, _ = valid["params"].(map[string]any)
		from = "params"
	}
	flat, err := params.Flatten(given)
	if err != nil {
		fields.Add(from, "maxSize", schemas.Violation{"message": err.Error(), "target": params.MaxBytes})
		return runOrder{}, invalid(fields)
	}
	return runOrder{
		source: source, bindings: declared, name: name, forValue: forValue, asText: asText, scripted: len(script) > 0,
		outside: rehearsal.Script.Outside(),
		params:  flat, zone: rehearsal.TimeZone,
		now: rehearsal.Script.Now, began: rehearsal.Began, notes: rehearsal.Notes,
	}, nil
}

// wantsAnyResult reports whether the request is ?result=any, or ?result=text, which is any as text.
func (x *exchange) wantsAnyResult() (forValue, asText bool, err error) {
	switch wish, _ := x.option("result"); wish {
	case "", "flow":
		return false, false, nil
	case "any", "text":
		return true, wish == "text", nil
	}
	return false, false, invalidField("result", "enum", schemas.Violation{
		"message": "Value not found in enumerated list of values", "target": []any{"flow", "any", "text"},
	})
}

// misplacedParams refuses params where a pretend call has the parameters.
func misplacedParams(data map[string]any, forValue bool) (fields schemas.FieldErrors) {
	_, given := data["params"]
	_, called := data["call"]
	switch {
	case given && !forValue:
		fields.Add("params", "unknown", schemas.Violation{
			"message": "a run on a pretend call takes its parameters from call: add ?result=any to run a function for its value",
		})
	case given && called:
		fields.Add("params", "unknown", schemas.Violation{"message": "send either call or params"})
	}
	return fields
}

// outsideScript refuses members of a script that are beside it, where nothing reads them.
func outsideScript(data map[string]any) (fields schemas.FieldErrors) {
	for _, name := range []string{
		"now", "timezone", "digits", "answers", "http", "media", "real_http", "hangup_after_ms",
	} {
		if _, there := data[name]; there {
			fields.Add(name, "unknown", schemas.Violation{"message": "this belongs into script: {\"script\":{\"" + name +
				"\":…}}"})
		}
	}
	return fields
}

// beyondFunction refuses members of a script that only a whole call uses.
func beyondFunction(script map[string]any) (fields schemas.FieldErrors) {
	for _, name := range []string{"digits", "answers", "media", "real_http", "hangup_after_ms"} {
		if _, there := script[name]; there {
			fields.Add("script."+name, "unknown", schemas.Violation{
				"message": "a run of a function alone has only now, timezone and http: simulate a call to go on from the flow " +
					"that it returns",
			})
		}
	}
	return fields
}

// runData returns the client's view of a result.
func runData(result function.Result) map[string]any {
	shown := map[string]any{
		"outcome":     string(result.Outcome),
		"result":      nil,
		"flow":        nil,
		"error":       nil,
		"logs":        []string{},
		"duration_ms": runs.Milliseconds(result.Duration),
	}
	setText(shown, "run", string(result.Run))
	if json.Valid(result.Value) { // it comes from a customer's code
		shown["result"] = result.Value
	}
	if result.Flow != nil {
		shown["flow"] = jsonvalue.Object{Members: result.Flow, Order: result.Order}
	}
	if result.Error != nil {
		shown["error"] = result.Error
	}
	if result.Logs != nil {
		shown["logs"] = result.Logs
	}
	if result.Levels != nil {
		shown["log_levels"] = result.Levels
	}
	if len(result.Calls) > 0 {
		shown["waited_ms"], shown["host_calls"] = runs.Milliseconds(result.Waited), result.Calls
	}
	if len(result.Effects) > 0 {
		shown["effects"] = result.Effects
	}
	if len(result.Hints) > 0 {
		shown["hints"] = result.Hints
	}
	return shown
}
