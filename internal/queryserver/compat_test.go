package queryserver_test

import (
	"testing"

	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// A function that declares compat has wogra's names for what else it declares, and its parameters as globals, which
// take no name that is there.
func TestCompat(t *testing.T) {
	r := ownRuns(t)
	params := map[string]string{"Account-ID": "a", "p1": "4", "p2": "6", "Math": "x", "kv": "y", "loadDocument": "z"}
	for _, row := range []struct{ source, bindings, want string }{
		{`return parseInt(p1) + parseInt(p2)`, `{"compat":"functionserver"}`, `10`},
		{`return [typeof Math, kv, loadDocument]`, `{"compat":"functionserver"}`, `["object","y","z"]`},
		{`return typeof httpGet`, `{"compat":"functionserver"}`, `"undefined"`},
		{`return typeof p1`, `{"env":{"A":"b"}}`, `"undefined"`},
		{
			`return [typeof kv, loadDocument('k'), saveDocument('k', 5), loadDocument('k'), deleteDocument('k'), ` +
				`loadDocument('k'), deleteDocument('k'), saveDocument('', 1)]`,
			`{"compat":"functionserver","kv":{"scope":"account","write":true}}`,
			`["object","",true,"5",true,"",true,false]`,
		},
		{
			`try { saveDocument('k', 1) } catch (e) { return [e.name, loadDocument('k')] }`,
			`{"compat":"functionserver","kv":{"scope":"account"}}`, `["TypeError",""]`,
		},
		{
			`kv.set('o', {a: 1}); return loadDocument('o')`,
			`{"compat":"functionserver","kv":{"scope":"account","write":true}}`, `"{\"a\":1}"`,
		},
	} {
		report, err := r.Do(t.Context(), queryserver.ReadDocument(stored(row.source, row.bindings)),
			queryserver.ParamsRequest(params), runs.Terms{Run: "r", Account: "a", Function: "f", Origin: "api"})
		if err != nil {
			t.Fatal(err)
		}
		if report.Outcome != runs.OK || string(report.Value) != row.want {
			t.Errorf("%s: got %s %s %+v, want %s", row.source, report.Outcome, report.Value, report.Error, row.want)
		}
	}
}
