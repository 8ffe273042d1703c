package function_test

import (
	"context"
	"path/filepath"
	"testing"

	"callfn/couchapp"
	"callfn/internal/account"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/queryserver"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/schemas"
)

// BenchmarkRun is one function run as a call has it: parameters encoded, the show fetched from the embedded node, a fresh
// realm in a worker, the answer validated as a flow. Compare with `_show` of a CouchDB by the same tool in the same minutes.
func BenchmarkRun(b *testing.B) {
	pool := sandboxtest.Pool(b, 2)
	node, err := couchnode.Open(filepath.Join(b.TempDir(), "node.db"), queryserver.Engine{Shows: pool, Maps: pool}, couchnode.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = node.Close() })
	c, err := datastore.Open(datastore.Config{URL: "http://node", Transport: node.Transport()})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	db := c.Database("functions")
	if _, err := c.EnsureDatabase(ctx, db.Name()); err != nil {
		b.Fatal(err)
	}
	design, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := couchapp.Install(ctx, db, design); err != nil {
		b.Fatal(err)
	}
	id := function.ID("0123456789abcdef0123456789abcdef")
	if _, err := db.Create(ctx, datastore.Document{
		"_id": string(id), "pvt_type": function.DocumentType, "pvt_account_id": runnertest.Account, "name": "say hi",
		"function_js": `return {'module':'tts', 'data':{'text':'Thanks for calling us ' + call['Caller-ID-Name']}};`,
	}); err != nil {
		b.Fatal(err)
	}
	set, err := schemas.Load()
	if err != nil {
		b.Fatal(err)
	}
	runner := function.NewRunner(function.Config{
		Driver: &function.ShowDriver{Database: func() (*datastore.Database, error) { return db, nil }},
		Flows:  set, NewRun: func() function.RunID { return "0123456789abcdef0123456789abcdef" },
	})
	params := map[string]string{
		"Api-Version": "4.x", "Call-ID": "1234567890@10.0.0.1", "Caller-ID-Name": "Alice", "Caller-ID-Number": "4158867900",
		"Direction": "inbound", "From": "4158867900", "From-Realm": "acme.example", "Language": "en-us", "Request": "1000",
		"Request-Realm": "acme.example", "To": "1000", "To-Realm": "acme.example",
	}
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := runner.Run(ctx, function.Request{Account: account.ID(runnertest.Account), Function: id, Params: params})
			if r.Outcome != function.OK {
				b.Error(r.Outcome, r.Error)
				return
			}
		}
	})
}
