package crossbar

import (
	"encoding/json"
	"math"
	"time"

	"callfn/callflow"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/params"
	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

// runFunction tries a stored function on a pretend call: 201 whatever came of it.
func (a *API) runFunction(x *exchange) (*answer, error) {
	doc, err := function.Collection(a.cfg.Datastores).Get(x.ctx, string(x.account.ID()), x.id())
	if err != nil {
		return nil, err
	}
	order, err := a.runOrder(x)
	if err != nil {
		return nil, err
	}
	if pack := doc.Text("language_pack"); pack != "" && pack != languagePack {
		return &answer{data: runData(function.Result{Outcome: function.Refused, Error: &function.Error{
			Message: "this system cannot run functions written in " + clip(pack),
			Hint:    "rewrite the function in JavaScript and set language_pack to " + languagePack,
		}})}, nil
	}
	zone, err := a.cfg.Accounts.TimeZone(x.ctx, x.account)
	if err != nil {
		return nil, err
	}
	return &answer{data: runData(a.cfg.Functions.Run(x.ctx, function.Request{
		Account: x.account.ID(), Function: function.ID(x.id()), CallID: order.params["Call-ID"],
		Params: order.params, TimeZone: zone, Origin: function.FromRehearsal, Source: doc.Text("function_js"),
	}))}, nil
}

// runDraft tries source text that is stored nowhere.
func (a *API) runDraft(x *exchange) (*answer, error) {
	order, err := a.runOrder(x)
	if err != nil {
		return nil, err
	}
	var fields schemas.FieldErrors
	if order.source == "" {
		fields.Add("function_js", "required", schemas.Violation{"message": "Field is required but missing", "value": "function_js"})
	}
	if violation := a.sourceTooLong(order.source); violation != nil {
		fields.Add("function_js", "maxLength", violation)
	}
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	zone, err := a.cfg.Accounts.TimeZone(x.ctx, x.account)
	if err != nil {
		return nil, err
	}
	return &answer{data: runData(a.cfg.Functions.RunDraft(x.ctx, function.Draft{
		Source: order.source, Account: x.account.ID(), Params: order.params, TimeZone: zone,
	}))}, nil
}

// runOrder is what a client asks for when it tries a function.
type runOrder struct {
	source string
	params map[string]string
}

func (a *API) runOrder(x *exchange) (runOrder, error) {
	data, err := x.object()
	if err != nil {
		return runOrder{}, err
	}
	public := datastore.StripPrivate(data)
	value, fields := a.cfg.Schemas.Validate("functions.run", public)
	if call := checkSize(map[string]any{"call": public["call"]}, a.cfg.ExtraLimit); len(call) > 0 {
		fields.Merge(call)
	}
	if len(fields) > 0 {
		return runOrder{}, invalid(fields)
	}
	valid, _ := value.(map[string]any)
	call, _ := valid["call"].(map[string]any)
	source, _ := valid["function_js"].(string)
	flat, err := params.Flatten(callflow.SplitParties(call))
	if err != nil {
		fields.Add("call", "maxSize", schemas.Violation{"message": err.Error(), "target": params.MaxBytes})
		return runOrder{}, invalid(fields)
	}
	flat["Account-ID"] = string(x.account.ID()) // the platform's to say
	return runOrder{source: source, params: flat}, nil
}

// runData is a result as clients see it.
func runData(result function.Result) map[string]any {
	shown := map[string]any{
		"outcome":     string(result.Outcome),
		"result":      nil,
		"flow":        nil,
		"error":       nil,
		"logs":        []string{},
		"duration_ms": milliseconds(result.Duration),
	}
	setText(shown, "run", string(result.Run))
	if json.Valid(result.Value) { // it came from a customer's code
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
	if len(result.Hints) > 0 {
		shown["hints"] = result.Hints
	}
	return shown
}

// milliseconds of a duration, to a thousandth.
func milliseconds(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }
