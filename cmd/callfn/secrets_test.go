package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/service"
)

// Secrets are set from a file or standard input, never from an argument, and no command shows them.
func TestSecretsCommand(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--log-level=debug")
	p := s.keyed()
	const value = "hunter2-hunter2"
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	must := func(code int, args ...string) string {
		t.Helper()
		got, out, errs := p.run(t, args...)
		shown.WriteString(out + errs)
		if got != code {
			t.Fatalf("%v: got %d %s%s, want %d", args, got, out, errs, code)
		}
		return out + errs
	}
	if out := must(exitOK, "secrets", "list"); !strings.Contains(out, "no secrets yet") {
		t.Errorf("list: got %s, want that there are none", out)
	}
	must(exitOK, "secrets", "set", "CRM_KEY", "--from-file", file, "--host=crm.example.com", "--host=*.example.org")
	p.stdin = value
	if out := must(exitOK, "secrets", "set", "SIGN"); !strings.Contains(out, "nowhere") {
		t.Errorf("set without a host: got %s, want that it may be sent nowhere", out)
	}
	if out := must(exitOK, "secrets", "list"); !strings.Contains(out, "crm.example.com *.example.org") ||
		!strings.Contains(out, "never") {
		t.Errorf("list: got %s, want hosts, and that neither was used", out)
	}
	must(exitOK, "secrets", "list", "--json")
	must(exitUsage, "secrets", "set", "CRM_KEY", value)
	p.stdin = "short"
	if out := must(exitFailed, "secrets", "set", "CRM_KEY"); !strings.Contains(out, "8 to 10240 bytes") {
		t.Errorf("a short value: got %s, want what is wrong", out)
	}
	p.stdin = strings.Repeat("x", maxSecret+1)
	must(exitUsage, "secrets", "set", "CRM_KEY")
	export := filepath.Join(t.TempDir(), "all")
	must(exitOK, "export", "--include-secrets", export)
	exported, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	must(exitOK, "secrets", "delete", "CRM_KEY", "--yes")
	node, err := os.ReadFile(filepath.Join(s.dataDir, "node.db"))
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{
		"the command line": strings.ReplaceAll(shown.String(), "unexpected argument "+value, ""), "the log": s.errs.String(),
		"an export": string(exported), "the data file": string(node),
	} {
		if strings.Contains(text, value) {
			t.Errorf("%s: got the value in it, want it nowhere", where)
		}
	}
}

// A start without the secret key is refused if there are sealed secrets, and creates no other key. This holds even if
// nothing else was sealed.
func TestStartWithoutTheKeyOfSecrets(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	p.stdin = "hunter2-hunter2"
	if code, out, errs := p.run(t, "secrets", "set", "KEY"); code != exitOK {
		t.Fatalf("set: got %d %s%s, want %d", code, out, errs, exitOK)
	}
	s.stop()
	_, out, errs := program{}.run(t, "doctor", "--data="+s.dataDir)
	if !strings.Contains(strings.Join(strings.Fields(out), " "), "1 secrets of accounts can be opened") {
		t.Errorf("doctor: got %s%s, want that the secret can be opened", out, errs)
	}
	key := filepath.Join(s.dataDir, service.SecretFile)
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second start behaves like the first
		code, _, errs := program{}.run(t, "serve", "--listen=127.0.0.1:0", "--data="+s.dataDir)
		if code != exitUsage || !strings.Contains(errs, "secrets in the datastore were sealed with it") {
			t.Errorf("start: got %d %s, want %d and why", code, errs, exitUsage)
		}
		if _, err := os.Stat(key); err == nil {
			t.Error("after the start: got another key, want none")
		}
	}
}
