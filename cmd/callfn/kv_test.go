package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Values are set, counted, listed and deleted, for all functions or one, and are there after a restart.
func TestKVCommand(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := func(code int, want string, args ...string) {
		t.Helper()
		got, out, errs := p.run(t, append([]string{"kv"}, args...)...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Fatalf("kv %v: got %d %s%s, want %d and %q", args, got, out, errs, code, want)
		}
	}
	must(exitOK, "set mode\n", "set", "mode", `{"b": 1, "a": "<x>"}`)
	must(exitOK, `"b": 1`, "get", "mode")
	must(exitUsage, "write text with quotes", "set", "mode", "holiday")
	p.stdin = `"from stdin"`
	must(exitOK, "until", "set", "calls/+49 30", "--ttl=1d")
	must(exitOK, `"from stdin"`, "get", "calls/+49 30")
	must(exitOK, "1\n", "incr", "n")
	must(exitOK, "-4\n", "incr", "n", "--", "-5")
	must(exitOK, "calls/+49 30\nmode\nn\nthe account keeps 3 of 10000 keys, 0 KiB of 16.0 MiB", "list")
	must(exitOK, "calls/+49 30\nthe account", "list", "calls/")
	must(exitOK, `"mode"`, "list", "--json")
	must(exitFailed, "400 days", "set", "mode", "1", "--ttl=401d")
	must(exitFailed, `there is no key "never"`, "get", "never")

	p.stdin = "return {module: 'hangup', data: {}};"
	if code, out, errs := p.run(t, "functions", "put", "--name", "vip", "-"); code != exitOK {
		t.Fatalf("create a function: got %d %s%s, want %d", code, out, errs, exitOK)
	}
	must(exitOK, "set own", "set", "own", "1", "--of=vip")
	must(exitOK, "own\n", "list", "--of=vip")
	must(exitFailed, "nobody", "list", "--of=nobody")
	file := filepath.Join(t.TempDir(), "values")
	if code, out, errs := p.run(t, "export", file); code != exitOK || !strings.Contains(out, "kv: 4 documents") {
		t.Fatalf("export: got %d %s%s, want 4 keys", code, out, errs)
	}
	must(exitOK, "deleted mode", "delete", "mode", "--yes")
	must(exitOK, "set own", "set", "own", "2", "--of=vip")
	code, out, errs := p.run(t, "import", file, "--only=kv")
	if code != exitFailed || !strings.Contains(out, "kv: 1 stored, 2 there already, 1 of another history") {
		t.Fatalf("import: got %d %s%s, want the deleted key stored, and the changed one left", code, out, errs)
	}
	must(exitOK, `"a": "<x>"`, "get", "mode")
	must(exitOK, "2\n", "get", "own", "--of=vip")
	if code, out, errs := p.run(t, "import", file, "--only=kv", "--replace", "--yes"); code != exitOK {
		t.Fatalf("import --replace: got %d %s%s, want %d", code, out, errs, exitOK)
	}
	must(exitOK, "1\n", "get", "own", "--of=vip")
	must(exitOK, "deleted n", "delete", "n", "--yes")
	must(exitFailed, `there is no key "n"`, "delete", "n", "--yes")
}
