package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGetGivesBackWhatPutTook stores awkward sources and reads them again: the bytes are the same.
func TestGetGivesBackWhatPutTook(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	dir := t.TempDir()
	for name, source := range map[string]string{
		"plain":           "return {module: 'hangup'};\n",
		"no newline":      "return {module: 'hangup'};",
		"many newlines":   "\n\nreturn {module: 'hangup'};\n\n\n",
		"spaces and tabs": "  \treturn {module: 'hangup'};  \t\n  ",
		"windows":         "// a\r\nreturn {module: 'hangup'};\r\n",
		"byte order mark": "\ufeffreturn {module: 'hangup'};\n",
		"separators":      "var s = '\u2028\u2029 \u00a0 \u200b';\nreturn {module: 'hangup'};\n",
		"escapes":         "// \x1b[2J \u009b \u202e < > & \\ \" 😀\nreturn {module: 'hangup'};\n",
		"comment first":   "// 0123456789abcdef0123456789abcdef \"name\", enabled\nreturn {module: 'hangup'};\n",
	} {
		file := filepath.Join(dir, "f.js")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		id := anID.FindString(p.must(t, exitOK, "functions", "put", "--name", name, file))
		for round := range 2 {
			_, out, errs := p.run(t, "functions", "get", id)
			if out != source || errs != "" {
				t.Errorf("%s, round %d: got %q and %q on stderr, want %q", name, round, out, errs, source)
			}
			p.stdin = out
			p.must(t, exitOK, "functions", "put", "--id", id, "-")
		}
	}
	p.terminal = true
	code, out, errs := p.run(t, "functions", "get", "escapes")
	if code != exitOK || strings.ContainsAny(out, "\x1b\u009b\u202e") ||
		!strings.Contains(out, `\u{1B}[2J \u{9B} \u{202E} < > &`) || !strings.Contains(errs, "enabled") {
		t.Errorf("on a terminal: got %d %q %q, want code %d, escapes spelled out, and its state", code, out, errs, exitOK)
	}
}

// TestCallflowsComeBackAsTheyWere gets a callflow, puts it and gets it again: nothing is lost or added.
func TestCallflowsComeBackAsTheyWere(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	p.stdin = `{"name":"Straße \u202e","numbers":["1000"],"patterns":["^2"],"flow":{"module":"menu","data":{"id":"` +
		strings.Repeat("a", 32) + `","note":1.50e1},
		"children":{"2":{"module":"tts","data":{"text":"two"}},"1":{"module":"tts","data":{"text":"one"}},
		"_":{"module":"hangup","data":{}}}}}`
	p.must(t, exitOK, "callflows", "put", "-")
	_, first, _ := p.run(t, "callflows", "get", "1000")
	p.stdin = first
	p.must(t, exitOK, "callflows", "put", "--id=1000", "-")
	if _, second, _ := p.run(t, "callflows", "get", "1000"); second != first {
		t.Errorf("got %s, want %s", second, first)
	}

	// a saved answer of the API counts as its data
	var doc map[string]any
	if err := json.Unmarshal([]byte(first), &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc, "id")
	doc["numbers"], doc["patterns"] = []string{"2000"}, []string{"^3"}
	saved, err := json.Marshal(map[string]any{
		"data": doc, "status": "success", "revision": "1-a", "auth_token": "x",
		"request_id": "y",
	})
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = string(saved)
	p.must(t, exitOK, "callflows", "put", "-")
	if out := p.must(t, exitOK, "callflows", "get", "2000"); !strings.Contains(out, `"two"`) {
		t.Errorf("of a saved answer: got %s, want %q", out, `"two"`)
	}
}

// TestFilesThatCannotBeSentWhole checks that every command that sends a file refuses one that would not arrive
// unchanged.
func TestFilesThatCannotBeSentWhole(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	latin := file("latin.js", "// ok\nreturn {module:\"tts\",data:{text:\"Gr\xfc\xdfe\"}};\n")
	latinJSON := file("latin.json", "{\"name\":\"Gr\xfc\xdfe\",\"connections\":{}}")
	latinWord := file("latinpassword", "Gr\xfc\xdfe\n")
	utf16 := file("utf16.js", "\xff\xfer\x00e\x00t\x00")
	long := file("long.js", "return 1;"+strings.Repeat(" ", maxInput))
	lines := file("password", "one\ntwo\n")
	longPassword := file("longpassword", strings.Repeat("x", maxPassword+1))
	settings := file("long.yaml", "listen: x\n"+strings.Repeat("#", maxSettings))
	garbled := file("garbled.json", "{\n \"a\" \"b\"}")
	twice := file("twice.json", `{"numbers":["1"]} {"numbers":["2"]}`)
	list := file("list.json", `[1]`)
	p := program{env: map[string]string{"CALLFN_SERVER": "http://127.0.0.1:1", "CALLFN_API_KEY": testKey}}
	id := strings.Repeat("a", 32)
	data := "--data=" + filepath.Join(dir, "data")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"not valid UTF-8, around byte 42 in line 2", []string{"functions", "put", "--name=g", latin}},
		{"not valid UTF-8", []string{"functions", "put", "--id=" + id, latin}},
		{"not valid UTF-8", []string{"functions", "run", "--to=1", "--file", latin}},
		{"not valid UTF-8", []string{"functions", "test", id, "--file", latin}},
		{"not valid UTF-8", []string{"functions", "import-tests", id, latinJSON}},
		{"not valid UTF-8", []string{"callflows", "put", latinJSON}},
		{"not valid UTF-8", []string{"callflows", "put", "--id=" + id, latinJSON}},
		{"not valid UTF-8", []string{"callflows", "test", id, "--file", latinJSON}},
		{"not valid UTF-8", []string{"callflows", "import-tests", id, latinJSON}},
		{"not valid UTF-8", []string{"call", "--to=1", "--script", latinJSON}},
		{"not valid UTF-8", []string{"call", "--to=1", "--http", "*=" + latin}},
		{"not valid UTF-8", []string{"storage", "apply", latinJSON}},
		{"not valid UTF-8", []string{
			"users", "create", "ann", "--first-name=A", "--last-name=B", "--password-file",
			latinWord,
		}},
		{"it looks like UTF-16", []string{"functions", "put", "--name=g", utf16}},
		{"longer than 8388608 bytes", []string{"functions", "put", "--name=g", long}},
		{"longer than 8388608 bytes", []string{"callflows", "put", long}},
		{"longer than 8388608 bytes", []string{"storage", "apply", long}},
		{"longer than 8388608 bytes", []string{"call", "--to=1", "--script", long}},
		{"more than one line", []string{
			"users", "create", "ann", "--first-name=A", "--last-name=B", "--password-file",
			lines,
		}},
		{"longer than 4096 bytes", []string{"users", "password", id, "--password-file", longPassword}},
		{"more than one line", []string{"serve", data, "--couchdb-url=http://u@h:1", "--couchdb-password-file", lines}},
		{"more than one line", []string{
			"serve", data, "--reset-ui=https://a.example", "--reset-from=a@a.example",
			"--reset-smtp=smtp://u@127.0.0.1:1", "--reset-smtp-password-file", lines,
		}},
		{"more than one line", []string{"migrate", "--to=http://u@h:1", "--password-file", lines}},
		{"longer than 1048576 bytes", []string{"serve", data, "--config", settings}},
		{"line 2, column 6", []string{"callflows", "put", garbled}},
		{"line 1, column 19", []string{"callflows", "put", twice}},
		{"it is a JSON array", []string{"callflows", "put", list}},
	} {
		code, out, errs := p.run(t, c.args...)
		if code != exitUsage || !strings.Contains(errs, c.want) {
			t.Errorf("callfn %s: got %d %q, want %d and %q", strings.Join(c.args, " "), code, out+errs, exitUsage, c.want)
		}
	}
}

// TestWordsThatAreNoUTF8 checks that a flag's value that JSON cannot represent is refused.
func TestWordsThatAreNoUTF8(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	p.stdin = "return {module: 'hangup'};"
	for _, args := range [][]string{
		{"functions", "put", "--name=Gr\xfc\xdfe", "-"},
		{"accounts", "create", "Gr\xfc\xdfe"},
		{"call", "--to=1000", "--caller-id-name=J\xfcrgen"},
	} {
		if out := p.must(t, exitUsage, args...); !strings.Contains(out, "not valid UTF-8") {
			t.Errorf(`callfn %q: got %s, want "not valid UTF-8"`, args, out)
		}
	}
}
