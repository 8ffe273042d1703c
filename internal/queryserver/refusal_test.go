package queryserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"callfn/couchapp"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"

	"github.com/google/go-cmp/cmp"
)

// refusable are documents as they are stored, each with the outcome of a run for account a. What Go refuses here,
// `wh` refuses in the same words; and what Go lets through to `wh`, which is to decide, it does not refuse.
var refusable = []struct {
	doc     string
	want    runs.Outcome
	strange bool // Go leaves it to `wh`
}{
	{`null`, runs.NotFound, false},
	{`{"pvt_type":"function","pvt_account_id":"a","function_js":"return 1"}`, runs.OK, false},
	{`{"pvt_type":"callflow","pvt_account_id":"a","function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":["function"],"pvt_account_id":"a","function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_account_id":"a","function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":"function","pvt_account_id":"b","function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":"function","pvt_account_id":1,"function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":"function","function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":"function","pvt_account_id":"a","pvt_deleted":true,"function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":"function","pvt_account_id":"a","pvt_deleted":"no","function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":"function","pvt_account_id":"a","pvt_deleted":[],"function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":"function","pvt_account_id":"a","pvt_deleted":1e-9,"function_js":"return 1"}`, runs.NotFound, false},
	{`{"pvt_type":"function","pvt_account_id":"a","pvt_deleted":false,"function_js":"return 1"}`, runs.OK, false},
	{`{"pvt_type":"function","pvt_account_id":"a","pvt_deleted":null,"function_js":"return 1"}`, runs.OK, false},
	{`{"pvt_type":"function","pvt_account_id":"a","pvt_deleted":-0.0,"function_js":"return 1"}`, runs.OK, false},
	{`{"pvt_type":"function","pvt_account_id":"a","pvt_deleted":"","function_js":"return 1"}`, runs.OK, false},
	{`{"pvt_type":"function","pvt_account_id":"a","enabled":true,"function_js":"return 1"}`, runs.OK, false},
	{`{"pvt_type":"function","pvt_account_id":"a","enabled":0,"function_js":"return 1"}`, runs.OK, false},
	{`{"pvt_type":"function","pvt_account_id":"a","enabled":null,"function_js":"return 1"}`, runs.OK, false},
	{`{"pvt_type":"function","pvt_account_id":"a","enabled":false,"function_js":"return 1"}`, runs.Disabled, false},
	{
		`{"pvt_type":"function","pvt_account_id":"a","enabled":false,"pvt_disabled_message":"6 \"failures\" é",` +
			`"function_js":"return 1"}`, runs.Disabled, false,
	},
	{
		`{"pvt_type":"function","pvt_account_id":"a","enabled":false,"pvt_disabled_message":7,"function_js":"return 1"}`,
		runs.Disabled, false,
	},
	{
		`{"enabled":false,"pvt_type":"function","pvt_account_id":"b","function_js":"return 1"}`, runs.NotFound, false,
	},
	{
		`{"pvt_type":"function","pvt_account_id":"a","language_pack":"javascript","function_js":"return 1"}`, runs.OK, false,
	},
	{`{"pvt_type":"function","pvt_account_id":"a","language_pack":"lua","function_js":"return 1"}`, runs.Refused, false},
	{`{"pvt_type":"function","pvt_account_id":"a","language_pack":"","function_js":"return 1"}`, runs.Refused, false},
	{
		`{"pvt_type":"function","pvt_account_id":"a","language_pack":"l\u0075a","function_js":"return 1"}`,
		runs.Refused, true,
	},
	{`{"pvt_type":"function","pvt_account_id":"a","language_pack":null,"function_js":"return 1"}`, runs.Refused, true},
	{`{"pvt_type":"function","pvt_account_id":"a","language_pack":[1],"function_js":"return 1"}`, runs.Refused, true},
	{`{"pvt_type":"function","pvt_account_id":"a"}`, runs.Refused, false},
	{`{"pvt_type":"function","pvt_account_id":"a","function_js":""}`, runs.Refused, false},
	{`{"pvt_type":"function","pvt_account_id":"a","function_js":1}`, runs.Refused, false},
	{`{"pvt_type":"function","pvt_account_id":"a","function_js":null}`, runs.Refused, false},
	{`{"pvt_typ\u0065":"function","pvt_account_id":"a","enabled":false,"function_js":"return 1"}`, runs.Disabled, true},
	{
		`{"enabled":true,"pvt_type":"function","pvt_account_id":"a","function_js":"return 1","enabled":false}`,
		runs.Disabled, false,
	},
	{
		`{"_id":"f","_rev":"1-a","name":"n","pvt_type":"function","ui":{"enabled":false},"pvt_account_id":"a",` +
			`"function_js":"return 1","pvt_modified":7}`, runs.OK, false,
	},
	{`[]`, runs.NotFound, true},
	{`1`, runs.NotFound, true},
	{` { "pvt_type" : "function" , "pvt_account_id" : "a" , "enabled" : false } `, runs.Disabled, false},
}

// Go and `wh` decide alike who may run.
func TestGoAndTheShowRefuseAlike(t *testing.T) {
	design, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	pool := sandboxtest.Pool(t, 1)
	header := queryserver.FormatHeader(runs.Terms{Run: "r"})
	req := json.RawMessage(`{"query":{"Account-ID":"a"},"form":{},"headers":{"X-Callfn-Run":"` + header + `"}}`)
	params := queryserver.ParamsRequest(map[string]string{"Account-ID": "a"})
	for _, c := range refusable {
		t.Run(c.doc, func(t *testing.T) {
			answer, err := queryserver.Show(t.Context(), pool, design.Shows["wh"], json.RawMessage(c.doc), req, sandbox.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var response struct{ JSON json.RawMessage }
			if err := json.Unmarshal(answer, &response); err != nil {
				t.Fatal(err)
			}
			show, err := queryserver.ParseEnvelope(response.JSON, "r")
			if err != nil || show.Outcome != c.want {
				t.Fatalf("the show answers %s, error %v; want %s", answer, err, c.want)
			}
			d := queryserver.ReadDocument(json.RawMessage(c.doc))
			run, err := queryserver.Runs{Eval: pool, Wh: design.Shows["wh"]}.Do(t.Context(), d, params,
				runs.Terms{Run: "r", Account: "a"})
			if err != nil || run.Outcome != c.want {
				t.Errorf("a run of it: got %+v, error %v; want %s", run, err, c.want)
			}
			outcome, failure := d.Refusal("a")
			if c.strange || c.want == runs.OK {
				if outcome != "" {
					t.Errorf("Go refuses it: %s %+v; want it left to the show", outcome, failure)
				}
				return
			}
			if diff := cmp.Diff(show.Error, failure); outcome != c.want || diff != "" {
				t.Errorf("Go says %s, want %s (-show +Go):\n%s", outcome, c.want, diff)
			}
		})
	}
}

// A run that must not be is refused before anybody is asked for a worker.
func TestRefusedWithoutAWorker(t *testing.T) {
	asked := 0
	workers := evaluator(func(context.Context, sandbox.Job) (sandbox.Answer, error) {
		asked++
		return sandbox.Answer{}, fmt.Errorf("no worker: %w", sandbox.ErrBusy)
	})
	for _, c := range refusable {
		asked = 0
		report, err := queryserver.Runs{Eval: workers, Wh: "function () {}"}.Do(
			t.Context(), queryserver.ReadDocument([]byte(c.doc)),
			queryserver.ParamsRequest(map[string]string{"Account-ID": "a"}), runs.Terms{Run: "r", Account: "a"},
		)
		if c.strange || c.want == runs.OK {
			if asked != 1 || !errors.Is(err, sandbox.ErrBusy) {
				t.Errorf("%s: asked %d times, error %v; want it to run", c.doc, asked, err)
			}
			continue
		}
		if asked != 0 || err != nil || report.Outcome != c.want || report.Error == nil {
			t.Errorf("%s: asked %d times, got %+v, error %v; want %s at once", c.doc, asked, report, err, c.want)
		}
	}
}

type evaluator func(context.Context, sandbox.Job) (sandbox.Answer, error)

func (f evaluator) Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error) { return f(ctx, j) }
