package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/await"
)

const greetsAlice = `{
  "name": "greets Alice, kindly",
  "description": "whoever shows a name is greeted by it",
  "call": {
    "Caller-ID-Name": "Alice",
    "Custom-SIP-Headers": {
      "X-Plan": "gold"
    }
  },
  "expected": {
    "flow": {
      "data": {
        "text": "Hi Alice <gold>"
      },
      "module": "tts"
    },
    "steps": [
      {
        "module": "tts"
      }
    ]
  }
}
`

const christmas = `{
  "name": "says when it is",
  "call": {
    "To": "1000"
  },
  "script": {
    "now": "2026-12-24T18:05",
    "timezone": "Europe/Berlin"
  },
  "expected": {
    "flow": {
      "data": {
        "text": "Hi 24"
      }
    }
  }
}
`

const greets = `var plan = call['Custom-SIP-Headers[X-Plan]'];
var name = call['Caller-ID-Name'] === 'Alice' ? 'Alice <' + plan + '>' : new Date().getDate();
return {module: 'tts', data: {text: 'Hi ' + name}};`

// Saved cases are created, run, exported, imported and deleted from the shell, with functions that really run.
func TestSavedCasesFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := func(want int, args ...string) string { t.Helper(); return p.must(t, want, args...) }
	dir := t.TempDir()
	file := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(must(exitOK, "functions", "put", "--name=greets",
		file("greets.js", greets)))
	if out := must(exitOK, "functions", "test", id); !strings.Contains(out, "no cases yet") ||
		!strings.Contains(out, "import-tests "+id) {
		t.Errorf(`no cases: got %s, want "no cases yet", %q`, out, "import-tests "+id)
	}
	file("cases/a.json", greetsAlice)
	file("cases/b.json", christmas)
	if out := must(exitOK, "functions", "import-tests", id, filepath.Join(dir, "cases")); out != "stored    greets "+
		"Alice, kindly\nstored    says when it is\n" {
		t.Errorf("import: got %s, want %v", out, "stored greets "+"Alice, kindly\nstored says when it is\n")
	}
	if out := must(exitOK, "functions", "test", id); out != "ok    greets Alice, kindly\nok    says when it is\n\n2 of "+
		"2 cases pass\n" {
		t.Errorf("test: got %s, want %v", out, "ok greets Alice, kindly\nok says when it is\n\n2 of "+"2 cases pass\n")
	}
	if out := must(exitOK, "functions", "import-tests", id, filepath.Join(dir, "cases")); strings.Count(out,
		"unchanged") != 2 {
		t.Errorf(`imported again: got %s, want 2 times "unchanged"`, out)
	}

	// An export equals what was imported, byte for byte, even through another function.
	exported := func(id string) map[string]string {
		t.Helper()
		to := filepath.Join(t.TempDir(), "new", "place")
		must(exitOK, "functions", "export-tests", id, to)
		found := map[string]string{}
		entries, err := os.ReadDir(to)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(to, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			found[e.Name()] = string(text)
		}
		return found
	}
	want := map[string]string{"greets-alice-kindly.json": greetsAlice, "says-when-it-is.json": christmas}
	if diff := cmp.Diff(want, exported(id)); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
	// A changed file is not overwritten without a flag; one that would be the same is.
	changed := file("changed/greets-alice-kindly.json", greetsAlice+"\n")
	_ = file("changed/says-when-it-is.json", christmas)
	if out := must(exitUsage, "functions", "export-tests", id, filepath.Dir(changed)); !strings.Contains(out,
		"1 file with other content") || !strings.Contains(out, "--yes") {
		t.Errorf("export over a changed file: got %s, want it refused without --yes", out)
	}
	if text, err := os.ReadFile(changed); err != nil || string(text) != greetsAlice+"\n" {
		t.Errorf("the changed file: got %q, %v, want it as it was", text, err)
	}
	must(exitOK, "functions", "export-tests", id, filepath.Dir(changed), "--yes")
	if text, err := os.ReadFile(changed); err != nil || string(text) != greetsAlice {
		t.Errorf("the changed file after --yes: got %q, %v, want the saved case", text, err)
	}
	other := regexp.MustCompile(`[0-9a-f]{32}`).FindString(must(exitOK, "functions", "put", "--name=other",
		file("greets.js", greets)))
	for name, text := range want {
		must(exitOK, "functions", "import-tests", other, file("again/"+name, text))
	}
	if diff := cmp.Diff(want, exported(other)); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}

	// A draft, a refused update, an update that passes.
	worse := file("worse.js", strings.Replace(greets, "'Hi '", "'Ho '", 1))
	out := must(exitFailed, "functions", "test", id, "--file="+worse, "--case=greets Alice, kindly")
	if out != "FAIL  greets Alice, kindly\n        flow.data.text: wanted \"Hi Alice <gold>\", got \"Ho Alice "+
		"<gold>\"\n\n0 of 1 cases pass\n" {
		t.Errorf(
			"draft: got %s, want %v",
			out,
			"FAIL greets Alice, kindly\n flow.data.text: wanted \"Hi Alice <gold>\", got \"Ho Alice "+
				"<gold>\"\n\n0 of 1 cases pass\n",
		)
	}
	if out := must(exitFailed, "functions", "put", "--id="+id, "--run-tests", worse); strings.Count(out, "wanted") != 2 ||
		!strings.Contains(out, "Case says when it is fails") {
		t.Errorf(`refused update: got %s, want 2 times "wanted", "Case says when it is fails"`, out)
	}
	if out := must(exitOK, "functions", "get", id); !strings.Contains(out, "'Hi '") {
		t.Errorf(`stored all the same: got %s, want "'Hi '"`, out)
	}
	must(exitOK, "functions", "put", "--id="+id, "--run-tests", file("greets.js", greets+"\n// mended"))
	var v struct{ Passed, Failed int }
	if err := json.Unmarshal([]byte(must(exitFailed, "functions", "test", id, "--json", "--file="+worse)),
		&v); err != nil || v.Failed != 2 {
		t.Errorf("--json: got %+v %v, want no error, v.Failed = 2", v, err)
	}
	await.True(t, "records of the cases' runs, as rehearsals", func() bool {
		return strings.Contains(must(exitOK, "functions", "runs", id), "rehearsal")
	})

	// Pruning, and unreadable files.
	if out := must(exitOK, "functions", "import-tests", other, "--prune", "--yes", filepath.Join(dir, "cases",
		"a.json")); !strings.Contains(out, "deleted   says when it is") {
		t.Errorf(`prune: got %s, want "deleted   says when it is"`, out)
	}
	if diff := cmp.Diff([]string{"greets-alice-kindly.json"}, keys(exported(other))); diff != "" {
		t.Errorf("got %v, want nothing in diff", diff)
	}
	must(exitUsage, "functions", "import-tests", id, filepath.Join(dir, "nowhere"))
	must(exitUsage, "functions", "import-tests", id, file("bad.json", `{"name":"n","expect":{}}`))
	must(exitUsage, "functions", "import-tests", id, file("twice/a.json", greetsAlice), file("twice/b.json", greetsAlice))
	must(exitFailed, "functions", "import-tests", id, file("empty.json", `{"name":"n","call":{},"expected":{}}`))
	must(exitFailed, "functions", "test", id, "--case=nobody")
	must(exitFailed, "functions", "test", strings.Repeat("0", 32))
}

func TestCallflowsFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := func(want int, args ...string) string { t.Helper(); return p.must(t, want, args...) }
	dir := t.TempDir()
	file := func(content string) string {
		t.Helper()
		f, err := os.CreateTemp(dir, "*.json")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if _, err := f.WriteString(content); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	if out := must(exitOK, "callflows", "list"); !strings.Contains(out, "no callflows yet") {
		t.Errorf(`list: got %s, want "no callflows yet"`, out)
	}
	flow := `{"name":"office","numbers":["1000"],"patterns":["^2"],"flow":{"module":"user","data":{"id":"u1"},` +
		`"children":{"_":{"module":"voicemail","data":{"id":"` + strings.Repeat("b", 32) + `"}}}}}`
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(must(exitOK, "callflows", "put", file(flow)))
	if out := must(exitOK, "callflows", "list"); !regexp.MustCompile(id + `  1000 \^2  .*  office`).MatchString(out) {
		t.Errorf("list: got %s, want %s with 1000, ^2 and office", out, id)
	}
	must(exitOK, "callflows", "import-tests", id,
		file(`{"name":"nobody there","call":{},"script":{"answers":{"user":"none"}},"expected":{"steps":[{"module":"user"},`+
			`{"module":"voicemail"}],"ended":{"how":"flow_ended"}}}`),
		file(`{"name":"by pattern","call":{"To":"234"},"script":{"answers":{"user":"answered"}},`+
			`"expected":{"ended":{"how":"answered"}}}`))
	if out := must(exitOK, "callflows", "test", id); !strings.Contains(out, "2 of 2 cases pass") {
		t.Errorf(`test: got %s, want "2 of 2 cases pass"`, out)
	}
	worse := file(strings.Replace(flow, `"voicemail"`, `"play"`, 1))
	if out := must(exitFailed, "callflows", "test", id, "--file="+worse); !strings.Contains(out,
		"FAIL  nobody there\n        steps.1.module: wanted \"voicemail\", got \"play\"") {
		t.Errorf("draft: got %s, want %q", out, "FAIL nobody there\n steps.1.module: wanted \"voicemail\", got \"play\"")
	}
	if out := must(exitFailed, "callflows", "put", "--id="+id, "--run-tests", worse); !strings.Contains(out,
		"Case nobody there fails") {
		t.Errorf(`refused update: got %s, want "Case nobody there fails"`, out)
	}
	if out := must(exitOK, "callflows", "get", id); !strings.Contains(out, `"voicemail"`) {
		t.Errorf("get: got %s, want %q", out, `"voicemail"`)
	}
	must(exitOK, "callflows", "put", "--id="+id, worse)
	must(exitOK, "callflows", "delete", "--yes", id)
	must(exitFailed, "callflows", "test", id)
	must(exitUsage, "callflows", "put", file("[]"))
}

func keys(m map[string]string) []string {
	var out []string
	for k := range maps.Keys(m) {
		out = append(out, k)
	}
	return out
}

func TestCallFlagsMakeObjects(t *testing.T) {
	got, err := callFlags{Param: map[string]string{
		"Custom-SIP-Headers[X-Ticket]": "42", "Custom-SIP-Headers[X-Plan]": "gold", "Language": "de", "odd[": "1", "[x]": "2",
		"a[b][c]": "3",
	}}.fields("1000")
	want := map[string]any{
		"To": "1000", "Custom-SIP-Headers": map[string]any{"X-Ticket": "42", "X-Plan": "gold"}, "Language": "de", "odd[": "1",
		"[x]": "2", "a[b][c]": "3",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("got error %v and (-want +got):\n%s", err, diff)
	}
}

// Rehearsals only send web requests if the operator permits it, and never to private addresses.
func TestRehearsalHTTP(t *testing.T) {
	for allowed, args := range map[bool][]string{false: nil, true: {"--rehearsal-http"}} {
		s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, args...)
		token := login(t, s.url)
		at := s.url + "/v2/accounts/" + token.account
		flow := `{"data":{"numbers":["1000"],"flow":{"module":"pivot","data":{"voice_url":"http://10.1.2.3/"}}}}`
		if code, body := send(t, "PUT", at+"/callflows", token.token, flow); code != 201 {
			t.Fatalf("got %v %v, want code 201", code, body)
		}
		code, body := send(t, "PUT", at+"/simulations", token.token, `{"data":{"To":"1000","script":{"real_http":true}}}`)
		if !allowed && (code != 400 || !strings.Contains(body, "--rehearsal-http")) || allowed &&
			(code != 201 || !strings.Contains(body, "the server gave no flow: the address is not a public one")) {
			t.Errorf("real HTTP allowed: %t: got %d %s, want 400 with --rehearsal-http, or 201 and no flow", allowed, code, body)
		}
	}
}

// A function that leads back to itself ends at the operator's limit.
func TestMaxBranchCount(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--max-branch-count=3")
	token := login(t, s.url)
	at := s.url + "/v2/accounts/" + token.account
	p := s.keyed()
	p.stdin = `{"numbers":["1000"],"flow":{"module":"noop","data":{}}}`
	_, out, _ := p.run(t, "callflows", "put", "-")
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(out)
	if code, body := send(t, "PATCH", at+"/callflows/"+id, token.token,
		`{"data":{"flow":{"module":"callflow","data":{"id":"`+id+`"}}}}`); code != 200 {
		t.Fatalf("got %v %v, want code 200", code, body)
	}
	var trace struct {
		Steps []any
		Ended struct{ How string }
	}
	_, out, _ = p.run(t, "call", "--to=1000", "--json")
	if err := json.Unmarshal([]byte(out), &trace); err != nil || len(trace.Steps) != 4 ||
		trace.Ended.How != "branch_limit" {
		t.Errorf(
			"%v: got %d steps, %+v, want no error, len(trace.Steps) = 4, trace.Ended.How = %v",
			err,
			len(trace.Steps),
			trace.Ended,
			"branch_limit",
		)
	}
	if code, _, errs := (program{}).run(t, "serve", "--max-branch-count=0"); code != exitUsage ||
		!strings.Contains(errs, "max-branch-count") {
		t.Errorf(`got %d %s, want code %d, "max-branch-count"`, code, errs, exitUsage)
	}
}
