package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestFunctionsFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	file := filepath.Join(t.TempDir(), "hi.js")
	if err := os.WriteFile(file, []byte("return {module: 'tts', data: {text: 'Hi ' + call['Caller-ID-Name']}};\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	must := func(want int, args ...string) string { t.Helper(); return p.must(t, want, args...) }
	if out := must(exitOK, "functions", "list"); !strings.Contains(out, "no functions yet") {
		t.Errorf(`empty list: got %s, want "no functions yet"`, out)
	}
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(must(exitOK, "functions", "put", "--name", "hi", file))
	if out := must(exitOK, "functions", "list"); !strings.Contains(out, id) || !strings.Contains(out, "enabled") {
		t.Errorf(`list: got %s, want %q, "enabled"`, out, id)
	}
	if out := must(exitOK, "functions", "get", id); !strings.Contains(out, "return {module: 'tts'") {
		t.Errorf(`get: got %s, want "return {module: 'tts'"`, out)
	}
	if out := must(exitOK, "functions", "run", id, "--to=1000", "--caller-id-name=Bob"); !strings.Contains(out,
		`"text": "Hi Bob"`) {
		t.Errorf("run: got %s, want %q", out, `"text": "Hi Bob"`)
	}

	p.stdin = "throw new Error('boom')"
	if out := must(exitFailed, "functions", "run", "--file=-", "--to=1000"); !strings.Contains(out, "Error: boom") ||
		!strings.Contains(out, "line 1") {
		t.Errorf(`draft: got %s, want "Error: boom", "line 1"`, out)
	}
	p.stdin = "return {\n  module: 'tts'\n  data: {}\n}"
	if out := must(exitFailed, "functions", "put", "--id="+id, "-"); !strings.Contains(out, "line 3, column 3") ||
		!strings.Contains(out, "^") {
		t.Errorf(`syntax: got %s, want "line 3, column 3", "^"`, out)
	}
	p.stdin = "return {module: 'noop'}"
	must(exitOK, "functions", "put", "--id="+id, "-")

	flow := `{"data":{"numbers":["1000"],"flow":{"module":"function","data":{"id":"` + id +
		`"},"children":{"_":{"module":"hangup","data":{}}}}}}`
	token := login(t, s.url)
	if code, body := send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/callflows", token.token, flow); code != 201 {
		t.Fatalf("got %v %v, want code 201", code, body)
	}
	if out := must(exitOK, "call", "--to=1000", "--from=2000"); !strings.Contains(out, "noop") ||
		!strings.Contains(out, "hangup") {
		t.Errorf(`call: got %s, want "noop", "hangup"`, out)
	}
	var trace struct {
		Steps []struct{ Module, Outcome string }
	}
	if err := json.Unmarshal([]byte(must(exitOK, "call", "--to=1000", "--json")), &trace); err != nil ||
		len(trace.Steps) != 3 || trace.Steps[0].Module != "function" {
		t.Errorf(
			"call --json: got %+v %v, want no error, len(trace.Steps) = 3, trace.Steps[0].Module = %v",
			trace,
			err,
			"function",
		)
	}
	must(exitFailed, "call", "--to=4711")
	must(exitOK, "functions", "delete", "--yes", id)
	if out := must(exitFailed, "call", "--to=1000"); !strings.Contains(out, "not_found") ||
		!strings.Contains(out, "hangup") {
		t.Errorf(`a deleted function does not end the call: got %s, want "not_found", "hangup"`, out)
	}
	must(exitFailed, "functions", "get", id)
}

func TestExitCodes(t *testing.T) {
	nowhere := map[string]string{"CALLFN_SERVER": "http://127.0.0.1:1", "CALLFN_API_KEY": testKey}
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		code int
		says string
	}{
		{"help", nil, []string{"--help"}, exitOK, ""},
		{"version", nil, []string{"version"}, exitOK, ""},
		{"version as a flag", nil, []string{"--version"}, exitOK, ""},
		{"nothing", nil, nil, exitUsage, "callfn --help"},
		{"unknown command", nil, []string{"dance"}, exitUsage, "dance"},
		{"no key", map[string]string{"CALLFN_API_KEY": ""}, []string{"functions", "list"}, exitUsage, "CALLFN_API_KEY"},
		{"no server", nowhere, []string{"functions", "list"}, exitUnreachable, "callfn serve"},
		{"call without number", nowhere, []string{"call"}, exitUsage, "--to"},
		{
			"bad server",
			map[string]string{"CALLFN_API_KEY": testKey},
			[]string{"functions", "list", "--server=ftp://x"},
			exitUsage, "http://",
		},
		{"run what", nowhere, []string{"functions", "run", "--to=1"}, exitUsage, "--file"},
		{"no file", nowhere, []string{"functions", "put", "--name=x", "/nonexistent.js"}, exitUsage, "nonexistent"},
		{"no name", nowhere, []string{"functions", "put", "-"}, exitUsage, "--name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, errs := program{env: c.env}.run(t, c.args...)
			if code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("got %d %q, want %d and %q", code, errs, c.code, c.says)
			}
		})
	}
}

func TestWrongKey(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := program{env: map[string]string{"CALLFN_SERVER": s.url, "CALLFN_API_KEY": strings.Repeat("00", 32)}}
	code, _, errs := p.run(t, "functions", "list")
	if code != exitFailed || !strings.Contains(errs, "log in") {
		t.Errorf(`got %d %s, want code %d, "log in"`, code, errs, exitFailed)
	}
}
