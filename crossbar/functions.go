package crossbar

import (
	"errors"
	"fmt"
	"net/http"

	"callfn/internal/bindings"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

// languagePack is the only language of functions.
const languagePack = "javascript"

// functions serves the functions of an account (docs/reference/kazoo.md#functions-api).
func (a *API) functions() *documentKind {
	collection := function.Collection(a.cfg.Datastores).Collection
	return &documentKind{
		name:       "functions",
		schema:     "functions",
		collection: collection,
		validator:  a.cfg.Schemas,
		random:     a.cfg.Random,
		stamp:      a.stamp,
		extraLimit: a.cfg.ExtraLimit,
		room:       a.cfg.Quota.roomFor,
		computed:   []string{"disable_reason"},
		check:      a.checkFunction,
		remark: func(x *exchange, doc datastore.Document) []schemas.Warning {
			return append(a.boundElsewhere(doc), a.unsetSecrets(x, doc)...)
		},
		stillUsed: a.stillUsed,
		present:   presentFunction,
		listing: listing{
			view: collection.ByAccount,
			docs: func(x *exchange) bool { return x.wantsSource() },
			item: functionItem, docBytes: a.cfg.PageBytes, computed: []string{"disable_reason", "modified"},
		},
	}
}

func (a *API) stamp(x *exchange) datastore.Stamp {
	stamp := x.stamp()
	stamp.Now = a.cfg.Now()
	return stamp
}

// wantsSource reports whether the request wants the source in a listing.
func (x *exchange) wantsSource() bool {
	wish, _ := x.option("include")
	return wish == "function_js"
}

func functionItem(x *exchange, row datastore.Row) (any, error) {
	if row.Doc == nil || !x.wantsSource() {
		return rowItem(x, row)
	}
	item := jsonvalue.Object{Members: rowValue(row), Order: jsonvalue.OrderOf(row.Value)}
	item.Members["function_js"] = row.Doc.Text("function_js")
	return item, nil
}

func presentFunction(_ *exchange, doc datastore.Document) (map[string]any, error) {
	shown := public(doc)
	setText(shown, "disable_reason", doc.Text(function.DisabledMessage))
	return shown, nil
}

// checkFunction checks a function's source and warns if another function has its name.
func (a *API) checkFunction(x *exchange, before, doc datastore.Document) (schemas.FieldErrors, any, error) {
	fields, remarks, err := a.checkSource(x, before, doc)
	named := before != nil && before.Text("name") == doc.Text("name") && !before.Deleted()
	if err != nil || len(fields) > 0 || named {
		return fields, remarks, err
	}
	namesakes, err := a.namesakes(x, doc)
	return fields, withWarnings(remarks, namesakes), err
}

// namesakes warns of another function with the same name, which KAZOO allows.
func (a *API) namesakes(x *exchange, doc datastore.Document) ([]schemas.Warning, error) {
	name := doc.Text("name")
	q := datastore.Query{Keys: []any{[]any{string(x.account.ID()), name}}, Limit: 2}
	rows, err := function.Collection(a.cfg.Datastores).View(x.ctx, "by_name", q)
	if errors.Is(err, datastore.ErrViewMissing) {
		return nil, nil // the design document of an older version lacks the view
	}
	for _, row := range rows {
		if row.ID != doc.ID() {
			return []schemas.Warning{{Path: "name", Message: fmt.Sprintf("function %s is called %q too: "+
				"a name finds a function only where it is the only one", row.ID, clip.Name(name))}}, err
		}
	}
	return nil, err
}

// checkSource checks the source: its size, its language, whether it parses by itself as a function body, and whether it
// can return a flow.
func (a *API) checkSource(x *exchange, before, doc datastore.Document) (schemas.FieldErrors, any, error) {
	var fields schemas.FieldErrors
	if pack, ok := doc["language_pack"].(string); ok && pack != languagePack {
		fields.Add("language_pack", "enum", schemas.Violation{
			"message": "Value not found in enumerated list of values", "target": []any{languagePack}, "value": clip.Name(pack),
		})
	}
	if doc.Is("enabled") {
		delete(doc, function.DisabledMessage) // enabling it again acknowledges the reason
		if before != nil && before["enabled"] == false {
			enableAgain(doc, a.cfg.Now())
		}
	}
	declared, err := a.readBindings(doc["bindings"], &fields)
	if err != nil {
		return nil, nil, err
	}
	source, ok := doc["function_js"].(string)
	if !ok || source == "" || (before != nil && before["function_js"] == source) {
		return fields, nil, nil
	}
	if violation := a.sourceTooLong(source); violation != nil {
		fields.Add("function_js", "maxLength", violation)
		return fields, nil, nil
	}
	fault, warnings, err := a.cfg.Functions.CheckSyntax(x.ctx, x.account.ID(), source)
	if err != nil {
		return nil, nil, checkerDown(err)
	}
	if fault != nil {
		check := "syntax"
		if fault.Parses {
			check = "no_flow"
		}
		fields.Add("function_js", check, syntaxViolation(fault))
	}
	if d, err := bindings.Parse(declared); err == nil {
		warnings = function.WithoutDeclared(warnings, d.Names())
	}
	if len(warnings) == 0 {
		return fields, nil, nil
	}
	return fields, map[string]any{"function_js": warnings}, nil
}

func (a *API) sourceTooLong(source string) schemas.Violation {
	if len(source) <= a.cfg.SourceLimit {
		return nil
	}
	return schemas.Violation{
		"message": fmt.Sprintf("String must not be more than %d characters", a.cfg.SourceLimit), "target": a.cfg.SourceLimit,
		"hint": "whoever runs the service sets this limit: callfn serve --source-limit-kib",
	}
}

func syntaxViolation(fault *function.SyntaxError) schemas.Violation {
	v := schemas.Violation{"message": fault.Message, "line": fault.Line, "column": fault.Column}
	setText(v, "source", fault.Source)
	setText(v, "hint", fault.Hint)
	return v
}

// checkerDown is the answer to a save whose source or test cases could not be checked: 429 if the account itself has
// too much waiting, 503 if all accounts together have, and another 503 if the engine failed.
func checkerDown(cause error) *failure {
	f := fail(http.StatusServiceUnavailable, "function_engine_unreachable",
		says("the function could not be checked now and was not stored; try again"))
	if function.Busy(cause) {
		var refused *fair.RefusedError
		reason := "too many functions are being checked and run"
		if errors.As(cause, &refused) {
			reason = refused.Reason
			if refused.Own {
				f.status = http.StatusTooManyRequests
			}
		}
		f.message, f.data = "function_engine_busy", says("the function was not checked and not stored: "+reason+
			"; send it again in a second")
		f.passing = true // counted as a refusal; no operator is needed
	}
	f.header, f.cause = http.Header{"Retry-After": {"1"}}, cause
	return f
}
