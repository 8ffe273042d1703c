package crossbar_test

import (
	"fmt"
	"strings"
	"testing"

	"callfn/callflow"
	"callfn/crossbar"
	"callfn/internal/runs"
)

// rehearsing gives the stack a real simulator.
func (s *stack) rehearsing(t *testing.T) {
	t.Helper()
	s.rewire(t, func(c *crossbar.Config) {
		c.Simulator = &callflow.Simulator{Executor: &callflow.Executor{
			Runner:    s.runner,
			Directory: callflow.Stored{Datastores: s.stores},
		}}
	})
}

const (
	speaks = `{"data":{"name":"speaks","call":{"To":"1000"},"expected":{"flow":{"module":"tts","data":{"text":"hi ` +
		`1000"}},"steps":[{"module":"tts"}]}}}`
	sings = `{"data":{"name":"sings","call":{},"expected":{"flow":{"module":"play"}}}}`
)

// Test cases are stored with a function, seen nowhere else, run on request, and deleted with it.
func TestSavedCases(t *testing.T) {
	s := newStack(t)
	s.rehearsing(t)
	a, other := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	one := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	two := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	cases := a.path("/functions/" + one + "/tests")
	saved := s.must(t, 201, "PUT", cases, a.token, speaks)
	id := saved.id()
	if saved.header.Get("Location") != cases+"/"+id {
		t.Errorf("Location: got %q, want %s", saved.header.Get("Location"), cases+"/"+id)
	}
	s.must(t, 201, "PUT", cases, a.token, sings)

	if r := s.must(t, 200, "GET", cases, a.token, ""); len(r.items()) != 2 ||
		r.items()[0].(map[string]any)["expected"] == nil {
		t.Errorf("the listing: got %s, want two cases whole", r.raw)
	}
	if r := s.must(t, 200, "GET", a.path("/functions/"+two+"/tests"), a.token, ""); len(r.items()) != 0 {
		t.Errorf("another function's cases: got %s, want none", r.raw)
	}
	s.must(t, 404, "GET", a.path("/functions/"+two+"/tests/"+id), a.token, "")
	s.must(t, 404, "GET", a.path("/functions/"+id), a.token, "")
	s.must(t, 404, "GET", a.path("/functions/"+strings.Repeat("0", 32)+"/tests"), a.token, "")
	s.must(t, 404, "PUT", a.path("/functions/"+strings.Repeat("0", 32)+"/tests"), a.token, speaks)
	s.must(t, 404, "GET", other.path("/functions/"+one+"/tests/"+id), other.token, "")
	if r := s.must(t, 200, "GET", a.path("/functions"), a.token, ""); len(r.items()) != 2 {
		t.Errorf("the listing of functions: got %s, want two and no cases", r.raw)
	}

	r := s.must(t, 201, "PUT", cases+"/run", a.token, "")
	if r.at("data", "passed") != 1.0 || r.at("data", "failed") != 1.0 || !strings.Contains(r.raw, `"path":"flow.module"`) {
		t.Errorf("a run: got %s, want one passed and one failed at flow.module", r.raw)
	}
	if s.runner.drafts != 2 || s.runner.runs != 0 {
		t.Errorf("got %d drafts and %d runs, want 2 drafts", s.runner.drafts, s.runner.runs)
	}
	if r := s.must(t, 201, "PUT", cases+"/run", a.token, `{"data":{"tests":["`+id+`"]}}`); r.at("data", "failed") != 0.0 {
		t.Errorf("one of them: got %s, want none failed", r.raw)
	}
	if r := s.must(t, 201, "PUT", cases+"/run", a.token, `{"data":{"tests":["speaks"],"function_js":"THROW"}}`); r.at(
		"data", "failed") != 1.0 || !strings.Contains(r.raw, "boom (line 1)") {
		t.Errorf("a draft: got %s, want one failed with boom (line 1)", r.raw)
	}
	for _, bad := range []string{
		`{"tests":["nobody"]}`, `{"tests":"speaks"}`, `{"function_js":"BROKEN"}`,
		`{"function_js":7}`,
	} {
		s.must(t, 400, "PUT", cases+"/run", a.token, `{"data":`+bad+`}`)
	}

	s.must(t, 200, "DELETE", a.path("/functions/"+one), a.token, "")
	s.must(t, 404, "GET", cases+"/"+id, a.token, "")
	db, _ := s.stores.Resolve("functions", "")
	if doc, err := db.Get(t.Context(), id); err != nil || !doc.Deleted() {
		t.Errorf("a deleted function's case: got %v %v, want it deleted", doc, err)
	}
	kept := s.must(t, 201, "PUT", a.path("/functions/"+two+"/tests"), a.token, speaks).id()
	s.must(t, 200, "DELETE", a.path("/functions/"+two+"?should_soft_delete=false"), s.login(t, masterKey), "")
	if strings.Contains(s.dump(t), kept) {
		t.Error("deleted for good: got a case left, want none")
	}
	s.must(t, 200, "DELETE", a.path("?should_soft_delete=false"), s.login(t, masterKey), "")
	if strings.Contains(s.dump(t), id) {
		t.Error("a deleted account: got a case left, want none")
	}
}

// An invalid case is refused with what is wrong, and where.
func TestCasesThatCannotBe(t *testing.T) {
	s := newStack(t)
	s.rehearsing(t)
	a := s.tenant(t, s.master, "acme")
	function := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id() + "/tests")
	callflow := a.path("/callflows/" + s.must(t, 201, "PUT", a.path("/callflows"), a.token,
		`{"data":{"numbers":["1000"],"flow":{"module":"hangup"}}}`).id() + "/tests")
	s.must(t, 201, "PUT", function, a.token, speaks)
	for _, c := range []struct{ at, body, field, rule string }{
		{function, `{}`, "name", "required"},
		{function, `{"name":"n"}`, "expected", "required"},
		{function, `{"name":"n","expected":{}}`, "expected", "required"},
		{function, `{"name":"n","expected":{"stpes":[]}}`, "expected.stpes", "additionalProperties"},
		{function, `{"name":"n","expected":{"outcome":"fine"}}`, "expected.outcome", "enum"},
		{function, `{"name":"n","expected":{"steps":{}}}`, "expected.steps", "type"},
		{function, `{"name":"n","expected":{"outcome":"ok"},"call":{"To":{}}}`, "call.To", "type"},
		{function, `{"name":"n","expected":{"outcome":"ok"},"script":{"now":"soon"}}`, "script.now", "invalid"},
		{function, `{"name":"n","expected":{"outcome":"ok"},"script":{"answer":{}}}`, "script.answer", "unknown"},
		{function, `{"name":"speaks","expected":{"outcome":"ok"}}`, "name", "unique"},
		{callflow, `{"name":"n","expected":{"flow":{}}}`, "expected.flow", "invalid"},
		{callflow, `{"name":"n","expected":{"outcome":"ok"}}`, "expected.outcome", "invalid"},
	} {
		if r := s.must(t, 400, "PUT", c.at, a.token, `{"data":`+c.body+`}`); r.at("data", c.field, c.rule) == nil {
			t.Errorf("%s: got %s, want %s refused by %s", c.body, r.raw, c.field, c.rule)
		}
	}
}

// An update whose cases fail is refused as a whole if the request or the account asks for it.
func TestCasesBeforeUpdate(t *testing.T) {
	s := newStack(t)
	s.rehearsing(t)
	a := s.tenant(t, s.master, "acme")
	item := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id())
	id := s.must(t, 201, "PUT", item+"/tests", a.token, speaks).id()
	broken, mended := `{"data":{"name":"n","function_js":"THROW"}}`, `{"data":{"name":"n","function_js":"return 1"}}`

	before := s.dump(t)
	r := s.must(t, 400, "POST", item+"?run_tests=true", a.token, broken)
	why := r.at("data", "tests.speaks.outcome", "expected")
	if r.at("data", "tests.speaks.outcome", "expected", "wanted") != "ok" || r.at("data", "tests.speaks.outcome",
		"expected", "got") != "threw" ||
		r.at("data", "tests.speaks.outcome", "expected", "case_id") != id || !strings.Contains(fmt.Sprint(why), "boom") {
		t.Errorf("got %s, want the case speaks failed, with what it got and why", r.raw)
	}
	s.must(t, 400, "PATCH", item+"?run_tests=true", a.token, broken)
	if after := s.dump(t); after != before {
		t.Errorf("a refused update: want nothing changed, got\n%s", difference(before, after))
	}
	s.must(t, 200, "POST", item+"?run_tests=true", a.token, mended)
	s.must(t, 200, "POST", item, a.token, broken) // not requested

	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"run_tests":true}}`)
	s.must(t, 400, "PATCH", item, a.token, `{"data":{"function_js":"THROW twice"}}`)
	s.must(t, 200, "PATCH", item, a.token, `{"data":{"enabled":false}}`) // a broken function can be disabled
	s.must(t, 200, "PATCH", item+"?run_tests=false", a.token, `{"data":{"function_js":"THROW twice"}}`)
	s.must(t, 200, "PATCH", item, a.token, mended)
	if r := s.do(t, "PATCH", item+"?run_tests=true", a.token, `{"data":{"function_js":"BROKEN"}}`); r.status != 400 ||
		r.at("data", "function_js", "syntax") == nil {
		t.Errorf("what cannot be stored: got %d %s, want 400 for its syntax, without a try", r.status, r.raw)
	}
	s.must(t, 201, "PUT", a.path("/functions"), a.token, broken) // a new one has no cases
}

// A case that could not be run says nothing about the function: nothing is stored, and the client is told to try again.
func TestCasesWhenTheEngineIsDown(t *testing.T) {
	s := newStack(t)
	s.rehearsing(t)
	a := s.tenant(t, s.master, "acme")
	item := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id())
	s.must(t, 201, "PUT", item+"/tests", a.token, speaks)
	s.runner.broken = runs.EngineDown
	before := s.dump(t)
	if r := s.must(t, 503, "PATCH", item+"?run_tests=true", a.token,
		`{"data":{"function_js":"x"}}`); r.header.Get("Retry-After") == "" {
		t.Errorf("cases that cannot be run: got %s, want a Retry-After", r.raw)
	}
	if after := s.dump(t); after != before {
		t.Errorf("want nothing changed, got\n%s", difference(before, after))
	}
	if r := s.must(t, 201, "PUT", item+"/tests/run", a.token, ""); r.at("data", "failed") != 1.0 {
		t.Errorf("on demand: got %s, want one failed", r.raw)
	}
}

// A callflow's cases call it with the numbers, patterns and flow of the candidate, not of the stored one.
func TestCasesOfCallflow(t *testing.T) {
	s := newStack(t)
	s.rehearsing(t)
	a := s.tenant(t, s.master, "acme")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	item := a.path("/callflows/" + s.must(t, 201, "PUT", a.path("/callflows"), a.token,
		`{"data":{"numbers":["1000"],"flow":{"module":"tts","data":{"text":"old"}}}}`).id())
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["2000"],"flow":{"module":"hangup"}}}`)
	s.must(t, 201, "PUT", item+"/tests", a.token,
		`{"data":{"name":"says old","call":{"From":"5"},"expected":{"steps":[{"module":"tts","data":{"text":"old"}}],`+
			`"ended":{"how":"flow_ended"}}}}`)
	if r := s.must(t, 201, "PUT", item+"/tests/run", a.token, ""); r.at("data", "failed") != 0.0 {
		t.Errorf("the stored callflow: got %s, want none failed", r.raw)
	}
	if r := s.must(t, 201, "PUT", item+"/tests/run", a.token,
		`{"data":{"flow":{"module":"tts","data":{"text":"new"}}}}`); r.at("data", "failed") != 1.0 {
		t.Errorf("a draft: got %s, want one failed", r.raw)
	}
	before := s.dump(t)
	update := func(numbers, flow string) reply {
		return s.do(t, "POST", item+"?run_tests=true", a.token, `{"data":{`+numbers+`,"flow":`+flow+`}}`)
	}
	if r := update(`"numbers":["1000"]`, `{"module":"tts","data":{"text":"new"}}`); r.status != 400 ||
		r.at("data", "tests.says old.steps.0.data.text", "expected", "got") != "new" {
		t.Errorf("got %d %s, want 400 for the case that says old", r.status, r.raw)
	}
	if r := update(`"numbers":["2000"]`, `{"module":"tts","data":{"text":"old"}}`); r.status != 400 ||
		r.at("data", "numbers", "unique") == nil {
		t.Errorf("what cannot be stored: got %d %s, want 400 for the number, without a try", r.status, r.raw)
	}
	if after := s.dump(t); after != before {
		t.Errorf("want nothing changed, got\n%s", difference(before, after))
	}
	// A case with another number that matches by pattern, a function, and a branch to itself.
	s.must(t, 201, "PUT", item+"/tests", a.token,
		`{"data":{"name":"by pattern","call":{"To":"777"},"expected":{"steps":[{"module":"function","outcome":"ok"},`+
			`{"module":"tts"}]}}}`)
	if r := update(`"patterns":["^7(.*)$"],"numbers":["1001"]`, `{"module":"function","data":{"id":"`+f+
		`"},"children":{"_":{"module":"tts","data":{"text":"old"}}}}`); r.status != 200 {
		t.Errorf("a flow that passes: got %d %s, want 200", r.status, r.raw)
	}
	if s.runner.runs == 0 {
		t.Error("functions on the way: got no run, want them run as they are stored")
	}
	s.must(t, 200, "DELETE", item, a.token, "")
	if r := s.do(t, "GET", item+"/tests", a.token, ""); r.status != 404 {
		t.Errorf("cases of what is deleted: got %d %s, want 404", r.status, r.raw)
	}
}

// With the design document of an older version, which has no cases, documents can still be deleted.
func TestDeletingWithAnOlderDesign(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	item := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id())
	db, _ := s.stores.Resolve("functions", "")
	design, err := db.Get(t.Context(), "_design/functions")
	if err != nil {
		t.Fatal(err)
	}
	delete(design["views"].(map[string]any), "tests")
	if _, err := db.Save(t.Context(), design); err != nil {
		t.Fatal(err)
	}
	s.must(t, 200, "DELETE", item, a.token, "")
	s.must(t, 404, "GET", item, a.token, "")
}
