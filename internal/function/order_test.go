package function_test

import (
	"encoding/json"
	"testing"

	"callfn/internal/function"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
)

// A flow keeps the order in which the function wrote it; defaults that schemas add come last. Names that are integers
// come first, in the order of their numbers, as they do in every JavaScript.
func TestFlowsKeepTheFunctionsOrder(t *testing.T) {
	res := drafter(t).RunDraft(t.Context(), function.Draft{
		Source: `var menu = {module: 'menu', children: {'#': {module: 'hangup', data: {}}, 2: {module: 'answer', data: {}},
			10: {module: 'noop', data: {}},
			_: {module: 'hangup', data: {}}}, data: {id: '0123456789abcdef0123456789abcdef'}};
			return {data: {zeta: {y: 1, x: 2}, timezone: 'UTC'}, module: 'temporal_route',
				children: {z: menu, a: {module: 'hangup', data: {}}}};`,
		Account: "11111111111111111111111111111111", Params: map[string]string{"To": "1000"},
	})
	if res.Outcome != runs.OK {
		t.Fatalf("got %s %+v, want %s", res.Outcome, res.Error, runs.OK)
	}
	got, err := json.Marshal(jsonvalue.Object{Members: res.Flow, Order: res.Order})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"data":{"zeta":{"y":1,"x":2},"timezone":"UTC","rules":[]},"module":"temporal_route",` +
		`"children":{"z":{"module":"menu","children":{` +
		`"2":{"module":"answer","data":{}},"10":{"module":"noop","data":{}},"#":{"module":"hangup","data":{}},` +
		`"_":{"module":"hangup","data":{}}},` +
		`"data":{"id":"0123456789abcdef0123456789abcdef"}},"a":{"module":"hangup","data":{}}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
