package crossbar

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"callfn/callflow"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
	"callfn/internal/savedcase"
	"callfn/schemas"
)

// mostCases bounds the test cases of a function or callflow.
const mostCases = 100

// tested serves the test cases of functions, or of callflows.
type tested struct {
	api   *API
	kind  *documentKind // functions or callflows
	cases *documentKind
	about savedcase.Kind
	// affects are the members of a document that can change the results of its cases.
	affects []string
	// try runs one case on a document, which may differ from the stored one.
	try func(x *exchange, doc datastore.Document, c savedcase.Case, zone string) (callflow.Trace, error)
}

// testsOf adds test cases to a kind of documents. They are stored beside its documents and deleted with them.
func (a *API) testsOf(k *documentKind, about savedcase.Kind, affects ...string) *tested {
	t := &tested{api: a, kind: k, about: about, affects: affects}
	t.try = map[savedcase.Kind]func(*exchange, datastore.Document, savedcase.Case, string) (callflow.Trace, error){
		savedcase.OfFunction: a.tryFunction, savedcase.OfCallflow: a.tryCallflow,
	}[about]
	collection := k.collection
	collection.Type, collection.Listing = k.collection.Type+"_test", "tests"
	locks := newAccountLocks()
	t.cases = &documentKind{
		name: k.name + "/tests", schema: "tests", collection: collection, validator: a.cfg.Schemas, random: a.cfg.Random,
		stamp:      a.stamp,
		extraLimit: a.cfg.ExtraLimit, check: t.check, lock: locks.lock, of: k,
		room: t.api.cfg.Quota.roomFor,
		listing: listing{
			view: collection.ByAccount, within: func(x *exchange) []any { return []any{x.id()} }, ascending: true,
			docs: func(*exchange) bool { return true }, docBytes: a.cfg.PageBytes,
			item: func(_ *exchange, row datastore.Row) (any, error) { return shownInOrder(row.Doc), nil },
		},
	}
	t.cases.remark = t.remark
	k.parts = append(k.parts, t.cases)
	k.rehearse = t.beforeUpdate
	return t
}

// check requires a usable call and script, an expectation, and a name that no other case of the document has.
func (t *tested) check(x *exchange, _, doc datastore.Document) (schemas.FieldErrors, any, error) {
	var fields schemas.FieldErrors
	c := savedcase.Of(shownInOrder(doc))
	zone, err := t.api.cfg.Accounts.TimeZone(x.ctx, x.account)
	if err != nil {
		return nil, nil, err
	}
	fields.Merge(usableCall(x, c, zone))
	fields.Merge(t.checkExpected(c.Expected))
	others, err := t.cases.partsOf(x, mostCases+1)
	if err != nil {
		return nil, nil, err
	}
	if doc.Rev() == "" && len(others) >= mostCases {
		fields.Add("name", "maxItems", schemas.Violation{
			"message": fmt.Sprintf("There are %d cases here already, the most there can be: delete one", len(others)),
			"target":  mostCases,
		})
	}
	for _, other := range others {
		if other.ID() != doc.ID() && other.Text("name") == c.Name {
			fields.Add("name", "unique", schemas.Violation{
				"message": "Case " + other.ID() + " has this name already",
				"cause":   c.Name,
			})
		}
	}
	return fields, nil, nil
}

// usableCall checks that a case's call and script can be rehearsed.
func usableCall(x *exchange, c savedcase.Case, zone string) (fields schemas.FieldErrors) {
	var unusable *callflow.InvalidCall
	call := callOf(c.Call, datastore.Document{"numbers": []any{"1000"}}) // To may be missing
	if _, _, err := callflow.ParseCall(x.account.ID(), call); errors.As(err, &unusable) {
		fields.Merge(unusable.Errors().Under("call"))
	}
	if _, err := callflow.ParseScript(jsonvalue.Object{Members: c.Script, Order: c.Order.Member("script")},
		zone); errors.As(err, &unusable) {
		fields.Merge(unusable.Errors())
	}
	return fields
}

func (t *tested) checkExpected(expected map[string]any) (fields schemas.FieldErrors) {
	if len(expected) == 0 {
		fields.Add("expected", "required", schemas.Violation{
			"message": "Say what must come of it: flow, steps, outcome, effects or ended", "value": "expected",
		})
	}
	if t.about == savedcase.OfCallflow {
		for _, name := range []string{"flow", "outcome"} {
			if _, there := expected[name]; there {
				fields.Add("expected."+name, "invalid", schemas.Violation{
					"message": "Only a function returns a flow with an outcome: expect steps of the callflow", "value": name,
				})
			}
		}
		return fields
	}
	if outcome, ok := expected["outcome"].(string); ok && outcome != "" && !runs.Outcome(outcome).Known() {
		known := make([]any, 0, len(runs.Outcomes()))
		for _, o := range runs.Outcomes() {
			known = append(known, string(o))
		}
		fields.Add("expected.outcome", "enum", schemas.Violation{
			"message": "Value not found in enumerated list of values", "target": known, "value": clip.Name(outcome),
		})
	}
	return fields
}

// verdict is the result of one case.
type verdict struct {
	ID         string               `json:"id"`
	Name       string               `json:"name"`
	Passed     bool                 `json:"passed"`
	Mismatches []savedcase.Mismatch `json:"mismatches"`
	CallID     string               `json:"call_id"` // of the rehearsal: records of runs have it

	down bool // the engine could not run it
}

// judge runs the document's cases: all, or those that only names by id or name.
func (t *tested) judge(x *exchange, doc datastore.Document, only []string) ([]verdict, error) {
	docs, err := t.cases.partsOf(x, mostCases)
	if err != nil {
		return nil, err
	}
	if docs, err = chosen(docs, only); err != nil {
		return nil, err
	}
	zone, err := t.api.cfg.Accounts.TimeZone(x.ctx, x.account)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(docs, func(a, b datastore.Document) int { return strings.Compare(a.Text("name"), b.Text("name")) })
	verdicts := make([]verdict, 0, len(docs))
	for _, saved := range docs {
		c := savedcase.Of(shownInOrder(saved))
		trace, err := t.try(x, doc, c, zone)
		var unusable *callflow.InvalidCall
		switch {
		case errors.As(err, &unusable): // a case that an older version accepted
			return nil, invalid(unusable.Errors().Under(schemas.Path("tests", c.Name)))
		case err != nil:
			return nil, err
		}
		v := verdict{ID: saved.ID(), Name: c.Name, CallID: trace.CallID}
		if v.Mismatches, err = c.Check(t.about, callflow.ID(doc.ID()), trace); err != nil {
			return nil, err
		}
		if v.Passed = len(v.Mismatches) == 0; v.Passed {
			v.Mismatches = []savedcase.Mismatch{}
		}
		v.down = !v.Passed && couldNotRun(trace)
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// chosen returns the cases that only names by id or name, or all if it is empty.
func chosen(docs []datastore.Document, only []string) ([]datastore.Document, error) {
	if len(only) == 0 {
		return docs, nil
	}
	var out []datastore.Document
	for _, ref := range only {
		found := false
		for _, doc := range docs {
			if doc.ID() == ref || doc.Text("name") == ref {
				out, found = append(out, doc), true
			}
		}
		if !found {
			return nil, invalidField("tests", "invalid", schemas.Violation{
				"message": "There is no case of this id or name",
				"value":   clip.Name(ref),
			})
		}
	}
	return out, nil
}

// couldNotRun reports whether a rehearsal tested nothing, because the engine did not answer or time ran out.
func couldNotRun(t callflow.Trace) bool {
	if t.Ended.How == callflow.EndCancelled {
		return true
	}
	for _, step := range t.Steps {
		if step.Function != nil && (step.Function.Outcome == runs.EngineDown ||
			step.Function.Outcome == runs.Refused) {
			return true
		}
	}
	return false
}

// beforeUpdate refuses a document whose cases fail, if the request (?run_tests=true) or the account (`run_tests`) asks
// for it. The account's setting only concerns changes of affects, so that a failing function can always be disabled.
func (t *tested) beforeUpdate(x *exchange, before, doc datastore.Document) error {
	asked := x.account.Document().Is("run_tests")
	if asked {
		asked = t.changed(before, doc)
	}
	if !x.flag("run_tests", asked) {
		return nil
	}
	verdicts, err := t.judge(x, doc, nil)
	if err != nil {
		return err
	}
	var fields schemas.FieldErrors
	for _, v := range verdicts {
		if v.down {
			return checkerDown(fmt.Errorf("case %s of %s %s could not be run", v.ID, t.kind.name, doc.ID()))
		}
		for _, m := range v.Mismatches {
			fields.Add(schemas.Path("tests", v.Name)+"."+m.Path, "expected", schemas.Violation{
				"message": "Case " + v.Name + " fails: " + m.Message, "case": v.Name, "case_id": v.ID, "path": m.Path,
				"wanted": m.Wanted, "got": m.Got,
			})
		}
	}
	if len(fields) > 0 {
		return invalid(fields)
	}
	return nil
}

func (t *tested) changed(before, doc datastore.Document) bool {
	for _, name := range t.affects {
		if !sameMember(before, doc, name) {
			return true
		}
	}
	return false
}

// run runs the cases on the stored document with the members that the request replaces, and answers 201 with the
// results.
func (t *tested) run(x *exchange) (*answer, error) {
	doc, err := t.kind.load(x)
	if err != nil {
		return nil, err
	}
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	only, fields := namedCases(data["tests"])
	if fields != nil {
		return nil, invalid(fields)
	}
	if doc, err = t.candidate(x, doc, data); err != nil {
		return nil, err
	}
	verdicts, err := t.judge(x, doc, only)
	if err != nil {
		return nil, err
	}
	passed := 0
	for _, v := range verdicts {
		if v.Passed {
			passed++
		}
	}
	return &answer{status: http.StatusCreated, data: map[string]any{
		"passed": passed, "failed": len(verdicts) - passed, "tests": verdicts,
	}}, nil
}

// candidate returns the document with the request's members of affects, checked as for a save.
func (t *tested) candidate(x *exchange, doc datastore.Document, data map[string]any) (datastore.Document, error) {
	public, order, brings := datastore.StripPrivate(doc), doc.Order(), false
	for _, name := range t.affects {
		if value, there := data[name]; there {
			public[name], order, brings = value, order.With(name, x.body.order.Member(name)), true
		}
	}
	if !brings {
		return doc, nil
	}
	value, fields := t.kind.validator.Validate(t.kind.schema, public)
	regexFields, _ := checkRegexes(t.kind.validator, t.kind.schema, public)
	fields.Merge(regexFields)
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	completed, _ := value.(map[string]any)
	next := doc.Replace(completed).Ordered(order)
	fields, _, err := t.kind.check(x, doc, next)
	if err != nil {
		return nil, err
	}
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	return next, nil
}

// namedCases returns the cases that a request names.
func namedCases(value any) ([]string, schemas.FieldErrors) {
	if value == nil {
		return nil, nil
	}
	list, ok := value.([]any)
	only := texts(value)
	if !ok || len(only) != len(list) {
		var fields schemas.FieldErrors
		fields.Add("tests", "type", schemas.Violation{
			"message": "Value did not match type(s): array of string",
			"target":  "array",
		})
		return nil, fields
	}
	return only, nil
}

// testRoutes returns the routes of a kind's test cases.
func testRoutes(resource string, t *tested) []Route {
	cases := underAccount + "/" + resource + "/:id/tests"
	item := cases + "/:part"
	return []Route{
		{http.MethodPut, cases + "/run", resource, Subtree, false, t.run},
		{http.MethodGet, cases, resource, Subtree, false, t.cases.list},
		{http.MethodPut, cases, resource, Subtree, true, t.cases.create},
		{http.MethodGet, item, resource, Subtree, false, t.cases.show},
		{http.MethodPost, item, resource, Subtree, true, t.cases.replace},
		{http.MethodPatch, item, resource, Subtree, true, t.cases.patch},
		{http.MethodDelete, item, resource, Subtree, false, t.cases.delete},
	}
}
