package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/await"
)

// Two rules that hold at half past twelve. Lunch is tried first, though office hours have the lower id.
const (
	lunchRule  = "f0000000000000000000000000000001"
	officeRule = "a0000000000000000000000000000001"
	twoRules   = `{"module":"temporal_route","data":{},"children":{"` + lunchRule +
		`":{"module":"tts","data":{"text":"lunch"}},"` +
		officeRule + `":{"module":"tts","data":{"text":"open"}},"_":{"module":"tts","data":{"text":"closed"}}}}`
	// sortedRules is the same as stored by versions that kept no order.
	sortedRules = `{"children":{"_":{"data":{"text":"closed"},"module":"tts"},"` + officeRule +
		`":{"data":{"text":"open"},"module":"tts"},"` +
		lunchRule + `":{"data":{"text":"lunch"},"module":"tts"}},"data":{},"module":"temporal_route"}`
)

// orderedPlace is a service with the rules, whose node can be written to as a CouchDB.
func orderedPlace(t *testing.T) (s *served, account string, store func(id, text string)) {
	t.Helper()
	s = serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey, "CALLFN_COUCH_PASSWORD": couchPassword}},
		"--couch-listen=127.0.0.1:0", "--couch-user=admin")
	account = anID.FindString(s.keyed().must(t, exitOK, "accounts", "create", "acme"))
	couch := withUser(t, s.couch, "admin", couchPassword)
	store = func(id, text string) {
		t.Helper()
		if code, body := send(t, "PUT", couch+"/callflows/"+id, "", text); code != 201 {
			t.Fatalf("store %s: got %d %s, want code 201", text, code, body)
		}
	}
	for id, about := range map[string]string{
		lunchRule:  `"name":"Lunch","time_window_start":43200,"time_window_stop":46800`,
		officeRule: `"name":"Office","time_window_start":32400,"time_window_stop":61200`,
	} {
		store(id, fmt.Sprintf(`{%s,"cycle":"daily","pvt_type":"temporal_rule","pvt_account_id":%q}`, about, account))
	}
	return s, account, store
}

// wantLunch calls at half past twelve.
func wantLunch(t *testing.T, p program, how, number string) {
	t.Helper()
	out := p.must(t, exitOK, "call", "--to", number, "--at", "2026-12-14T12:30", "--timezone", "UTC")
	if !strings.Contains(out, `tts "lunch"`) ||
		!strings.Contains(out, "tried in this order, that of the children: Lunch, Office") {
		t.Errorf("%s: want lunch, tried before office hours, got\n%s", how, out)
	}
}

// The order of members survives the command line, a function, test cases in files, an export, an import and a move.
func TestOrderOnTheCommandLine(t *testing.T) {
	s, account, _ := orderedPlace(t)
	p := s.keyed()
	p.env["CALLFN_ACCOUNT"] = account
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	idIn := func(out string) string { return anID.FindString(out) }

	flow := idIn(p.must(t, exitOK, "callflows", "put", file("flow.json", `{"numbers":["1000"],"flow":`+twoRules+`}`)))
	wantLunch(t, p, "put", "1000")
	shown := p.must(t, exitOK, "callflows", "get", flow)
	if l, o := strings.Index(shown, lunchRule), strings.Index(shown, officeRule); l < 0 || o < l {
		t.Errorf("get: want the children as they were put, got %s", shown)
	}
	p.must(t, exitOK, "callflows", "put", "--id", flow, file("got.json", shown))
	wantLunch(t, p, "put of what get printed", "1000")

	source := file("f.js", "return "+twoRules)
	fun := idIn(p.must(t, exitOK, "functions", "put", "--name", "rules", source))
	p.must(t, exitOK, "callflows", "put",
		file("fun.json", `{"numbers":["2000"],"flow":{"module":"function","data":{"id":"`+fun+`"}}}`))
	wantLunch(t, p, "function", "2000")
	if out := p.must(t, exitOK, "functions", "run", fun, "--to", "1"); strings.Index(out, officeRule) < strings.Index(out,
		lunchRule) {
		t.Errorf("run: want the flow as the function returned it, got %s", out)
	}

	pivot := file("pivot.json",
		`{"numbers":["3000"],"flow":{"module":"pivot","data":{"voice_url":"https://pivot.example/"}}}`)
	p.must(t, exitOK, "callflows", "put", pivot)
	script := file("script.json", `{"now":"2026-12-14T12:30","timezone":"UTC","http":{"*":{"body":`+twoRules+`}}}`)
	if out := p.must(t, exitOK, "call", "--to", "3000", "--script", script); !strings.Contains(out, `tts "lunch"`) {
		t.Errorf("a flow that a script lets a web server answer: want lunch, got\n%s", out)
	}

	p.must(t, exitOK, "functions", "import-tests", fun,
		file("case.json", `{"name":"lunch","call":{"To":"1","From":"2"},"expected":{"flow":`+twoRules+`}}`))
	cases := t.TempDir()
	p.must(t, exitOK, "functions", "export-tests", fun, cases)
	text, err := os.ReadFile(filepath.Join(cases, "lunch.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(string(text)), ""); !strings.Contains(got, twoRules) ||
		!strings.Contains(got, `{"To":"1","From":"2"}`) {
		t.Errorf("exported case: want its members in their order, got %s", text)
	}

	backup := filepath.Join(t.TempDir(), "backup")
	p.must(t, exitOK, "export", "--account", account, backup)
	other := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	q := other.keyed()
	q.must(t, exitOK, "import", backup)
	q.env["CALLFN_ACCOUNT"] = account
	wantLunch(t, q, "import", "1000")
	wantLunch(t, q, "import of a function", "2000")
	empty := startPlace(t, "node")
	q.must(t, exitOK, "migrate", "--to="+withUser(t, empty.address, empty.user, empty.password))
	wantLunch(t, q, "migrate", "1000")
	wantLunch(t, q, "migrate with a function", "2000")
}

// The log at start names each temporal_route whose order was lost, and so do commands that show its callflow.
func TestLostOrderIsTold(t *testing.T) {
	s, account, store := orderedPlace(t)
	old, kept := "c0000000000000000000000000000001", "c0000000000000000000000000000002"
	about := fmt.Sprintf(`"pvt_type":"callflow","pvt_account_id":%q}`, account)
	store(old, `{"flow":`+sortedRules+`,"name":"Front desk","numbers":["1000"],`+about)
	store(kept, `{"name":"KAZOO's","numbers":["2000"],"flow":`+twoRules+`,`+about)
	p := s.keyed()
	p.env["CALLFN_ACCOUNT"] = account
	if out := p.must(t, exitOK, "callflows", "get", old); !strings.Contains(out, "flow.data.rules") ||
		!strings.Contains(out, "lost the order") {
		t.Errorf("get: want a warning, got %s", out)
	}
	if out := p.must(t, exitOK, "callflows", "get", kept); strings.Contains(out, "lost the order") {
		t.Errorf("get: want no warning, got %s", out)
	}
	code, report, errs := p.run(t, "doctor", "--couchdb-url="+withUser(t, s.couch, "admin", couchPassword))
	if !strings.Contains(report, old) || !strings.Contains(report, `"Front desk"`) || strings.Contains(report, kept) {
		t.Errorf("doctor: %d, want the callflow whose order was lost and no other, got %s%s", code, report, errs)
	}
	s.stop()
	again := serve(t, program{}, "--data="+s.dataDir)
	await.True(t, "a warning in the log of the start", func() bool {
		return strings.Contains(again.errs.String(),
			"temporal_route lost the order")
	})
	var line string
	for l := range strings.Lines(again.errs.String()) {
		if strings.Contains(l, "temporal_route lost the order") {
			line += l
		}
	}
	for _, want := range []string{
		account, old, "Front desk", `"node":"flow"`, officeRule + "," + lunchRule, "data.rules",
		`"level":"WARN"`,
	} {
		if !strings.Contains(line, want) {
			t.Errorf("want %s in the log, got %s", want, line)
		}
	}
	if strings.Contains(line, kept) || strings.Count(line, "\n") != 1 {
		t.Errorf("want one line in the log, got %s", line)
	}
}
