package function_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// Where the engine knows nothing of a text, the show itself keeps what it made of it: a function is parsed in its first
// run only, up to the longest text that --source-limit-kib allows.
func TestShowParsesATextOnce(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	count := `function (doc, req) {
		var parsed = 0, Own = Function, counts = [];
		Function = function () { parsed++; return Own.apply(null, arguments); };
		Function.prototype = Own.prototype;
		var wh = ` + wh(t) + `;
		for (var i = 0; i < 3; i++) {
			var answer = wh(doc, req);
			if (answer.code !== undefined && answer.code !== 200) { return {json: answer}; }
			counts.push(parsed);
		}
		return {json: counts.map(function (n) { return n === counts[0]; })};
	}`
	for _, kib := range []int{1, 64, 129, 512, 1024} {
		source := "return {module: 'hangup', data: {}};" + strings.Repeat(" ", kib<<10-36)
		doc, err := json.Marshal(map[string]any{
			"_id": "f", "pvt_type": "function", "pvt_account_id": "a",
			"function_js": source,
		})
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.Do(t.Context(), sandbox.Job{
			Kind: sandbox.KindShow, Run: "r", Source: count, Doc: doc,
			Req:    json.RawMessage(`{"query":{"Account-ID":"a"},"form":{},"headers":{}}`),
			Limits: sandbox.Limits{Deadline: runs.MaxDeadline},
		})
		if want := `{"json":[true,true,true]}`; err != nil || string(a.Body) != want {
			t.Errorf("a text of %s: got %s %.300s, error %v; want %s, no parsing after the first run", fmt.Sprint(kib, " KiB"),
				a.Outcome, a.Body, err, want)
		}
	}
}
