package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callfn/internal/await"
)

// Bodies in the habits of other platforms that can never work are refused at the save, by the command line and the API,
// with what to store instead.
func TestBodiesThatNeverReturnAreRefused(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	token := login(t, s.url)
	for _, c := range []struct{ body, check, says string }{
		{"function main(call) { return {module: 'hangup', data: {}}; }", "no_flow", "return main(call);"},
		{"const f = function (call) { return {module: 'hangup', data: {}}; };", "no_flow", "return f(call);"},
		{"(call) => { return {module: 'hangup', data: {}}; }", "no_flow", "between its braces"},
		{"(function (call) { return {module: 'hangup', data: {}}; })(call)", "no_flow", "put `return` before it"},
		{"module.exports = function (call) { return {module: 'hangup', data: {}}; };", "no_flow", "no modules"},
		{"{module: 'hangup'}", "no_flow", "put `return` before"},
		{"function (call) { return {module: 'hangup', data: {}}; }", "syntax", "between its braces"},
		{"export default function (call) { return {module: 'hangup', data: {}}; }", "syntax", "no modules"},
		{"return\n{module: 'tts', data: {text: 'x'}};", "syntax", "same line"},
		{"return {module: 'tts', data: {text: ‘x’}};", "syntax", "typographic quote"},
	} {
		p.stdin = c.body
		code, out, errs := p.run(t, "functions", "put", "--name=refused", "-")
		if code != exitFailed || !strings.Contains(errs, c.says) || !strings.Contains(errs, "(line 1, column ") {
			t.Errorf("put %q: exit code %d, %s%s, want %d and %q", c.body, code, out, errs, exitFailed, c.says)
		}
		data, err := json.Marshal(map[string]any{"data": map[string]any{"name": "refused", "function_js": c.body}})
		if err != nil {
			t.Fatal(err)
		}
		code, answer := send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/functions", token.token, string(data))
		if code != 400 || !strings.Contains(answer, `"function_js":{"`+c.check+`":{`) {
			t.Errorf("PUT %q: %d %s, want 400 with function_js.%s", c.body, code, answer, c.check)
		}
	}
	if out := p.must(t, exitOK, "functions", "list"); strings.Contains(out, "refused") {
		t.Errorf(`something was stored: got %s, want no "refused"`, out)
	}
}

// Bodies that may be intended are stored, with a warning about what will not work.
func TestBodiesAreWarnedOf(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	p.stdin = "if (call.To === '1') {\n  return fetch('http://example.com/' + call.Caller-ID-Name);\n}\nreturn (async " +
		"() => ({module: 'hangup', data: {}}))();"
	code, out, errs := p.run(t, "functions", "put", "--name=w", "-")
	for _, want := range []string{
		"line 2, column 10: `fetch` is not there",
		"line 2, column 40: `call.Caller-ID-Name` is read as a subtraction", "line 4, column 9: functions are synchronous",
	} {
		if code != exitOK || !strings.Contains(errs, want) {
			t.Errorf("exit code %d, %s%s, want %q", code, out, errs, want)
		}
	}
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(out)
	if out := p.must(t, exitFailed, "functions", "run", id, "--to=1"); !strings.Contains(
		out,
		"'fetch' is not defined",
	) ||
		!strings.Contains(out, "hint: `fetch` is not there: functions have no network") {
		t.Errorf(
			`a run of it: got %s, want "'fetch' is not defined", %q`,
			out,
			"hint: `fetch` is not there: functions have no network",
		)
	}
	if out := p.must(t, exitFailed, "functions", "run", id, "--to=2"); !strings.Contains(
		out,
		"the function returned a Promise: functions are synchronous, no async/await",
	) {
		t.Errorf(
			"a run of it: got %s, want %q",
			out,
			"the function returned a Promise: functions are synchronous, no async/await",
		)
	}
	p.stdin = "var flow = {module: 'hangup', data: {}};"
	if _, _, errs := p.run(t, "functions", "put", "--name=n", "-"); !strings.Contains(
		errs,
		"warning: function_js: nothing is returned",
	) {
		t.Errorf(`nothing returned: got %s, want "warning: function_js: nothing is returned"`, errs)
	}
}

// The level of each log line is shown, stored with the run, and can be filtered.
func TestLogLevels(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	file := filepath.Join(t.TempDir(), "f.js")
	source := "console.debug('one'); console.log('two'); console.warn('three'); console.error(new TypeError('four')); " +
		"return {module: 'hangup', data: {}};"
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(p.must(t, exitOK, "functions", "put", "--name=f", file))
	want := "  debug: one\n  log: two\n  warn: three\n  error: TypeError: four (line 1)\n"
	if out := p.must(t, exitOK, "functions", "run", id, "--to=1"); !strings.Contains(out, want) {
		t.Errorf("run: %s, want %s", out, want)
	}
	token := login(t, s.url)
	account := s.url + "/v2/accounts/" + token.account
	if code, body := send(t, "PUT", account+"/callflows", token.token,
		`{"data":{"numbers":["1"],"flow":{"module":"function","data":{"id":"`+id+`"}}}}`); code != 201 {
		t.Fatalf("got %v %v, want code 201", code, body)
	}
	if out := p.must(t, exitOK, "call", "--to=1"); !strings.Contains(out, "error: TypeError: four (line 1)") ||
		!strings.Contains(out, "log: two") {
		t.Errorf(`call: got %s, want "error: TypeError: four (line 1)", "log: two"`, out)
	}

	var listed struct{ Data []struct{ ID string } }
	// records are written in the background
	await.Value(t, "a run that logged an error", func() (string, bool) {
		_, body := send(t, "GET", account+"/functions/"+id+"/runs?filter_log_level=error", token.token, "")
		err := json.Unmarshal([]byte(body), &listed)
		return body, err == nil && len(listed.Data) > 0
	})
	if out := p.must(t, exitOK, "runs", listed.Data[0].ID, "--log-level=warn"); !strings.Contains(out,
		"  warn: three\n  error: TypeError: four") ||
		strings.Contains(out, "two") {
		t.Errorf("the run in full: %s, want its warnings and errors only", out)
	}
	if out := p.must(t, exitOK, "runs", "--log-level=warn"); !strings.Contains(out, listed.Data[0].ID) {
		t.Errorf("runs that logged a warning or an error: %s, want %s", out, listed.Data[0].ID)
	}
	p.stdin = "log('quiet'); return {module: 'hangup', data: {}};"
	quiet := regexp.MustCompile(`[0-9a-f]{32}`).FindString(p.must(t, exitOK, "functions", "put", "--name=quiet", "-"))
	p.must(t, exitOK, "functions", "run", quiet, "--to=1")
	await.True(t, "a run that logged a line", func() bool {
		return strings.Contains(p.must(t, exitOK, "functions", "runs", quiet, "--log-level=log"), " ok ")
	})
	if out := p.must(t, exitOK, "functions", "runs", quiet, "--log-level=info"); strings.Contains(out, quiet) ||
		strings.Contains(out, " ok ") {
		t.Errorf("runs that logged more than log: %s, want none", out)
	}
	run := account + "/functions/" + id + "/runs/" + listed.Data[0].ID
	for query, want := range map[string]string{
		"": `"log_levels":["debug","log","warn","error"],"logs":["one","two","three","TypeError: four ` +
			`(line 1)"]`,
		"?log_level=debug": `"logs":["one","two","three","TypeError: four (line 1)"]`,
		"?log_level=warn":  `"log_levels":["warn","error"],"logs":["three","TypeError: four (line 1)"]`,
		"?log_level=error": `"logs":["TypeError: four (line 1)"]`,
	} {
		code, body := send(t, "GET", run+query, token.token, "")
		var answer struct {
			Data struct {
				Levels []string `json:"log_levels"`
				Logs   []string `json:"logs"`
			}
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(answer.Data)
		if code != 200 || !strings.Contains(string(got), want) {
			t.Errorf("GET run%s: %d %s, want %s", query, code, got, want)
		}
	}
	if code, body := send(t, "GET", run+"?log_level=loud", token.token, ""); code != 400 ||
		!strings.Contains(body, `"log_level":{"enum"`) {
		t.Errorf("an unknown level: %d %s, want 400", code, body)
	}
}
