package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callfn/internal/await"
)

// A function with bindings goes the whole way: stored from two files, shown, run in earnest and in a rehearsal, on
// record with what it asked; and no show that is asked for over HTTP runs it, whatever the request says.
func TestFunctionWithBindings(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	source := write("f.js", `return {module: 'tts', data: {text: env.HELLO + ' ' + kv.incr('calls')}};`)
	declared := write("bindings.json", `{"env": {"HELLO": "hi"}, "kv": {"scope": "account", "write": true}}`)

	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couch-listen=127.0.0.1:0")
	k := s.keyed()
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(
		k.must(t, exitOK, "functions", "put", "--name=vip", "--bindings="+declared, source))
	if shown := k.must(t, exitOK, "functions", "get", "--json", id); !strings.Contains(shown, `"HELLO": "hi"`) {
		t.Errorf("functions get --json: got %s, want the bindings", shown)
	}
	for _, c := range []struct{ args, want string }{
		{"--for-value", "hi 1"},
		{"--for-value", "hi 2"},
		{"--to=1000", "hi 3"}, // a rehearsal reads what is stored
		{"--to=1000", "hi 3"}, // and what it writes is thrown away
		{"--for-value", "hi 3"},
	} {
		if got := k.must(t, exitOK, "functions", "run", id, c.args); !strings.Contains(got, c.want) {
			t.Errorf("functions run %s: got %s, want %q", c.args, got, c.want)
		}
	}
	run := ""
	await.True(t, "the runs on record", func() bool {
		found := regexp.MustCompile(`(?m) ([0-9a-f]{32})  ok`).FindStringSubmatch(k.must(t, exitOK, "functions", "runs", id))
		if len(found) > 0 {
			run = found[1]
		}
		return run != ""
	})
	one := k.must(t, exitOK, "functions", "runs", id, run)
	if !regexp.MustCompile(`waited +[0-9.]+ ms for answers\n +asked +kv.incr [0-9.]+ ms\n`).MatchString(one) ||
		strings.Contains(one, "'calls'") {
		t.Errorf("functions runs: got %s, want what it waited and asked, without the key", one)
	}

	code, _, errs := k.run(t, "functions", "put", "--name=x", "--bindings="+write("bad.json", `{"fax": 1}`), source)
	if code == exitOK || !strings.Contains(errs, "fax") {
		t.Errorf("unknown bindings: got code %d %s, want them refused by name", code, errs)
	}

	account := regexp.MustCompile(`"pvt_account_id":"([0-9a-f]+)"`)
	document := showOf(t, s.couch+"/functions/"+id, "")
	owner := account.FindStringSubmatch(document)
	if len(owner) == 0 {
		t.Fatalf("the document: got %s, want its account", document)
	}
	for _, header := range []string{
		"", "r", "r; account=" + owner[1] + "; root=" + owner[1], "r; lane=rehearsal; bound=1",
	} {
		address := s.couch + "/functions/_design/functions/_show/wh/" + id + "?To=1&Account-ID=" + owner[1]
		if got := showOf(t, address, header); !strings.Contains(got, "refused") || !strings.Contains(got, "bindings") ||
			strings.Contains(got, "hi ") {
			t.Errorf("a show over HTTP with the header %q: got %s, want it refused", header, got)
		}
	}
	if got := k.must(t, exitOK, "functions", "run", id, "--for-value"); !strings.Contains(got, "hi 4") {
		t.Errorf("after the shows: got %s, want hi 4, since no show has counted", got)
	}
}

// showOf asks with callfn's header for runs.
func showOf(t *testing.T, address, header string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != "" {
		req.Header.Set("X-Callfn-Run", header)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Where a CouchDB runs functions, callfn runs those with bindings itself, says so when one is saved, and refuses to
// save what several callfn could not share.
func TestBindingsOnACouchDB(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	beside := func(flags ...string) *served {
		place := startPlace(t, "node")
		return serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, append(flags,
			"--couchdb-url="+strings.Replace(place.address, "://", "://"+place.user+"@", 1),
			"--couchdb-password-file="+write("password", place.password))...)
	}
	k := beside().keyed()
	source := write("f.js", `return {module: 'tts', data: {text: 'hi ' + env.NAME}};`)
	declared := write("env.json", `{"env": {"NAME": "Ann"}}`)
	code, out, errs := k.run(t, "functions", "put", "--name=f", "--bindings="+declared, source)
	if code != exitOK || !strings.Contains(errs+out, "only callfn runs") {
		t.Errorf("functions put: got code %d %s%s, want it stored with a warning", code, out, errs)
	}
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(out)
	for range 2 { // the second time its place is known
		if got := k.must(t, exitOK, "functions", "run", "--json", "--for-value", id); !strings.Contains(got, "hi Ann") {
			t.Errorf("functions run: got %s, want hi Ann", got)
		}
	}
	if got := k.must(t, exitOK, "functions", "run", id, "--to=1000"); !strings.Contains(got, "hi Ann") {
		t.Errorf("a rehearsal: got %s, want hi Ann", got)
	}
	keys := write("kv.json", `{"kv": {"scope": "account"}}`)
	code, out, errs = k.run(t, "functions", "put", "--name=g", "--bindings="+keys, source)
	if code == exitOK || !strings.Contains(errs+out, "--kv-single") {
		t.Errorf("kv beside a CouchDB: got code %d %s%s, want it refused with --kv-single", code, out, errs)
	}

	k = beside("--kv-single").keyed()
	out = k.must(t, exitOK, "functions", "put", "--name=g", "--bindings="+keys, write("g.js",
		`return {module: 'tts', data: {text: 'kv ' + kv.get('none')}};`))
	id = regexp.MustCompile(`[0-9a-f]{32}`).FindString(out)
	if got := k.must(t, exitOK, "functions", "run", id, "--for-value"); !strings.Contains(got, "kv null") {
		t.Errorf("with --kv-single: got %s, want kv null", got)
	}
}
