package main

import (
	"encoding/json"
	"strings"
	"testing"

	"callfn/internal/datastore"
)

// What KAZOO stores in a functions database (functionsdb-functions.json, docs/reference/kazoo.md#private-fields,
// docs/reference/kazoo.md#the-functions-design-document): a design document with the name of callfn's, and a function.
const (
	kazooAccount  = "0123456789abcdef0123456789abcdef"
	kazooFunction = "fedcba9876543210fedcba9876543210"
)

func kazooDesign() datastore.Document {
	return datastore.Document{
		"_id": "_design/functions", "language": "javascript",
		"kazoo": map[string]any{"view_map": []any{map[string]any{"database": "functions"}}},
		"shows": map[string]any{"wh": `function(doc, req) { return {json: new Function('call', ` +
			`doc.function_js)(req.query)}; }`},
		"views": map[string]any{"crossbar_listing": map[string]any{
			"map": `function(doc) { if (doc.pvt_type === 'function' && !doc.pvt_deleted) emit([doc.pvt_account_id, doc._id], ` +
				`{name: doc.name, function_js: doc.function_js}); }`,
		}},
	}
}

func kazooDocument() datastore.Document {
	return datastore.Document{
		"_id": kazooFunction, "name": "from KAZOO", "enabled": true, "language_pack": "javascript",
		"function_js": "return {'module':'tts','data':{'text':'KAZOO says ' + call['Caller-ID-Name']}}",
		"pvt_type":    "function", "pvt_account_id": kazooAccount, "pvt_account_db": "functions",
		"pvt_created":  json.Number("63877456800"),
		"pvt_modified": json.Number("63877456800"), "pvt_vsn": "1", "pvt_request_id": "x", "pvt_is_authenticated": true,
		"pvt_alphanum_name": "fromkazoo",
	}
}

// KAZOO and callfn share a functions database. --design-doc keeps their design documents apart. callfn runs what KAZOO
// wrote for an account with the same id, and KAZOO's own view and show find what callfn wrote.
func TestBesideKazoo(t *testing.T) {
	eachCouch(t, func(t *testing.T, c couchUnderTest) {
		conn := c.connect(t)
		if err := conn.Ask(t.Context(), "PUT", "/"+c.prefix+datastore.Functions, nil, nil); err != nil {
			t.Fatal(err)
		}
		db := conn.Database(c.prefix + datastore.Functions)
		theirs, err := db.Create(t.Context(), kazooDesign())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Create(t.Context(), kazooDocument()); err != nil {
			t.Fatal(err)
		}
		args := []string{"--couchdb-url=" + c.admin, "--database-prefix=" + c.prefix}
		env := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
		if code, _, errs := env.run(t, append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + t.TempDir()},
			args...)...); code != exitFailed || !strings.Contains(errs, "--design-doc") {
			t.Fatalf(`under KAZOO's name: got %d %s, want code %d, "--design-doc"`, code, errs, exitFailed)
		}
		args = append(args, "--design-doc=callfn")
		s := serve(t, env, args...)
		p := s.keyed()
		must := commands(t, &p)
		must(exitOK, "accounts", "create", "acme", "--id="+kazooAccount)
		if out := must(exitOK, "functions", "--account="+kazooAccount, "list"); !strings.Contains(out, kazooFunction) ||
			!strings.Contains(out, "from KAZOO") {
			t.Errorf(`list: got %s, want %q, "from KAZOO"`, out, kazooFunction)
		}
		if out := must(exitOK, "functions", "--account="+kazooAccount, "run", kazooFunction, "--to=1000",
			"--caller-id-name=Ann"); !strings.Contains(out, "KAZOO says Ann") {
			t.Errorf(`run: got %s, want "KAZOO says Ann"`, out)
		}
		address, _, _ := strings.Cut(must(exitOK, "pivot", "--account="+kazooAccount, "create", "--function="+kazooFunction),
			"\n")
		address = strings.Replace(address, "https://YOUR-SERVER", s.url, 1)
		if code, body := get(t, address+"&To=1000&Caller-ID-Name=Ann"); code != 200 ||
			!strings.Contains(body, "KAZOO says Ann") {
			t.Errorf(`pivot: got %d %s, want code 200, "KAZOO says Ann"`, code, body)
		}

		p.stdin = "return {'module':'tts','data':{'text':'callfn says ' + call['Caller-ID-Name']}}"
		ours := anID.FindString(must(exitOK, "functions", "--account="+kazooAccount, "put", "--name=from callfn", "-"))
		rows, err := db.View(t.Context(), "functions", "crossbar_listing", datastore.Query{
			StartKey: []any{kazooAccount},
			EndKey:   []any{kazooAccount, datastore.AfterEverything{}},
		})
		if err != nil || len(rows) != 2 {
			t.Errorf("KAZOO lists %v, %v, want no error, len(rows) = 2", rows, err)
		}
		status, shown := get(t, c.admin+"/"+c.prefix+"functions/_design/functions/_show/wh/"+ours+"?Caller-ID-Name=Bob")
		switch {
		case status == 200 && strings.Contains(shown, "callfn says Bob"):
		case status >= 500: // without eval there, KAZOO's show runs nothing
			t.Logf("KAZOO's show cannot run functions on this CouchDB: %d %s", status, shown)
		default:
			t.Errorf("KAZOO's show: got %d %s, want it to answer as before", status, shown)
		}
		s.stop()
		if after, err := db.Get(t.Context(), "_design/functions"); err != nil || after.Rev() != theirs.Rev() {
			t.Errorf("KAZOO's design document: got %v, %v, want it as it was", after, err)
		}
		if code, out, _ := (program{}).run(t, append([]string{"doctor"}, args...)...); code != exitOK {
			t.Errorf("doctor: got %d %s, want code %d", code, out, exitOK)
		}
	})
}
