package couchapp_test

import (
	"context"
	"encoding/json"
	"testing"

	"callfn/couchapp"
	"callfn/internal/queryserver"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// print_doc shows the function that a run would use, and refuses what wh refuses.
func TestPrintDoc(t *testing.T) {
	d, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	pool := sandboxtest.Pool(t, 1)
	for _, c := range []struct{ name, doc, req, want string }{
		{
			"a function", `{"_id":"f","pvt_type":"function","pvt_account_id":"a","function_js":"return 1"}`,
			`{"query":{"To":"1000","Account-ID":"a"}}`,
			`{"json":{"doc":{"_id":"f","pvt_type":"function","pvt_account_id":"a","function_js":"return 1"},` +
				`"call":{"To":"1000","Account-ID":"a"}}}`,
		},
		{"absent", `null`, `{"query":{}}`, `{"code":404,"json":{"error":"not_found","message":"no such function in this ` +
			`account"}}`},
		{
			"of another account", `{"pvt_type":"function","pvt_account_id":"a","function_js":"return 1"}`,
			`{"query":{"Account-ID":"b"}}`,
			`{"code":404,"json":{"error":"not_found","message":"no such function in this account"}}`,
		},
		{
			"deleted", `{"pvt_type":"function","pvt_deleted":true,"function_js":"return 1"}`, `{"query":{}}`,
			`{"code":404,"json":{"error":"not_found","message":"no such function in this account"}}`,
		},
		{
			"disabled", `{"pvt_type":"function","enabled":false,"function_js":"return 1"}`, `{"query":{}}`,
			`{"code":403,"json":{"error":"disabled","message":"the function is disabled"}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := queryserver.Show(context.Background(), pool, d.Shows["print_doc"], json.RawMessage(c.doc),
				json.RawMessage(c.req), sandbox.Limits{})
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s %v\nwant %s", got, err, c.want)
			}
		})
	}
}
