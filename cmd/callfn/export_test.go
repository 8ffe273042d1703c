package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One service imports what another exports: calls work there, deletions stay deletions, and a second import changes
// nothing.
func TestExportAndImport(t *testing.T) {
	old := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	callWorks(t, old)
	p := old.keyed()
	must := func(p program, args ...string) string {
		t.Helper()
		code, out, errs := p.run(t, args...)
		if code != exitOK {
			t.Fatalf("callfn %s: got %d %s%s, want code %d", strings.Join(args, " "), code, out, errs, exitOK)
		}
		return out
	}
	acme := strings.Fields(must(p, "accounts", "create", "acme"))[0]
	p.stdin = "return {module: 'noop'}"
	must(p, "functions", "--account", acme, "put", "--name", "kept", "-")
	must(p, "functions", "--account", acme, "put", "--name", "gone", "-")
	for line := range strings.Lines(must(p, "functions", "--account", acme, "list")) {
		if strings.Contains(line, "gone") {
			must(p, "functions", "--account", acme, "delete", "--yes", anID.FindString(line))
		}
	}

	dir := t.TempDir()
	bare, whole, one := filepath.Join(dir, "bare"), filepath.Join(dir, "whole"), filepath.Join(dir, "one")
	if out := must(p, "export", bare); !strings.Contains(out, "Secrets were left out") {
		t.Errorf(`got %v, want "Secrets were left out"`, out)
	}
	must(p, "export", "--include-secrets", whole)
	must(p, "export", "--account", acme, one)
	texts := map[string]string{}
	for _, file := range []string{bare, whole, one} {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v %v, want no error, info.Mode().Perm() = 0o600", file, info.Mode(), err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	for _, secret := range []string{testKey, "pvt_api_key", "pvt_signature_secret", `"sealed"`} {
		if strings.Contains(texts[bare], secret) || strings.Contains(texts[one], secret) {
			t.Errorf("got %q in an export without secrets, want none", secret)
		}
		if !strings.Contains(texts[whole], secret) {
			t.Errorf("got an export with secrets without %q, want it there", secret)
		}
	}
	if strings.Contains(texts[one], `"name":"hi"`) || !strings.Contains(texts[one], `"name":"kept"`) ||
		!strings.Contains(texts[one], "acme") {
		t.Error("got an export with another account's documents, or without its own, want its own alone")
	}
	if code, _, errs := p.run(t, "export", bare); code != exitUsage || !strings.Contains(errs, "complete") {
		t.Errorf(`the same file again: got %d %s, want code %d, "complete"`, code, errs, exitUsage)
	}

	// An interrupted file is refused by import and continued by export.
	cut := filepath.Join(dir, "cut")
	if err := os.WriteFile(cut, []byte(texts[bare][:len(texts[bare])*2/3]), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := p.run(t, "import", cut); code != exitUsage || !strings.Contains(errs, "cut off") &&
		!strings.Contains(errs, "line") {
		t.Errorf("import of a part: got %d %s, want it refused", code, errs)
	}
	must(p, "export", cut)
	text, err := os.ReadFile(cut)
	if err != nil {
		t.Fatal(err)
	}
	for _, database := range []string{"accounts", "callflows", "functions"} { // the others may have changed since
		if got, want := linesOf(string(text), database), linesOf(texts[bare], database); got != want || got == "" {
			t.Errorf("gone on with, the export of %s is\n%s\nwant\n%s", database, got, want)
		}
	}
	changed := filepath.Join(dir, "changed")
	if err := os.WriteFile(changed, []byte(strings.Replace(texts[bare], `"name":"kept"`, `"name":"cept"`, 1)),
		0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := p.run(t, "import", changed); code != exitUsage || !strings.Contains(errs, "was changed") {
		t.Errorf(`import of a changed file: got %d %s, want code %d, "was changed"`, code, errs, exitUsage)
	}
	if out := must(p, "import", whole); !strings.Contains(out, "functions: 0 stored") {
		t.Errorf(`import where it comes from: got %s, want "functions: 0 stored"`, out)
	}

	fresh := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	q := fresh.keyed()
	code, out, errs := q.run(t, "import", whole)
	if code != exitFailed || !strings.Contains(errs, "system_data/master_account has another history") {
		t.Errorf(
			`import into a service with a master of its own: got %d %s%s, want code %d, "master_account has another history"`,
			code,
			out,
			errs,
			exitFailed,
		)
	}
	if out := must(q, "functions", "--account", acme, "list"); !strings.Contains(out, "kept") ||
		strings.Contains(out, "gone") {
		t.Errorf(`acme's functions: got %s, want "kept", no "gone"`, out)
	}
	if _, out, _ := q.run(t, "import", whole); strings.Contains(out, "functions: 3") ||
		!strings.Contains(out, "functions: 0 stored, 3 there already") {
		t.Errorf(`import again: got %s, want no "functions: 3", "functions: 0 stored, 3 there already"`, out)
	}
}

// An export with secrets and the old secret.key restore a whole installation.
func TestRestore(t *testing.T) {
	old := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	callWorks(t, old)
	file := filepath.Join(t.TempDir(), "whole")
	if code, out, errs := old.keyed().run(t, "export", "--include-secrets", file); code != exitOK {
		t.Fatalf("got %v %v %v, want code %d", code, out, errs, exitOK)
	}
	old.stop()
	key, err := os.ReadFile(filepath.Join(old.dataDir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CALLFN_MASTER_API_KEY", "")
	fresh := serve(t, program{}, "--data="+data)
	own, err := os.ReadFile(filepath.Join(data, "master-api-key"))
	if err != nil {
		t.Fatal(err)
	}
	q := program{env: map[string]string{"CALLFN_SERVER": fresh.url, "CALLFN_API_KEY": strings.TrimSpace(string(own))}}
	if code, out, errs := q.run(t, "import", "--replace", "--yes", file); code != exitOK ||
		!strings.Contains(errs, "master_account has another history here: replaced") {
		t.Fatalf(`got %v %v %v, want code %d, "master_account has another history here: replaced"`, code, out, errs, exitOK)
	}
	fresh.stop()
	again := serve(t, program{}, "--data="+data)
	if code, out, errs := again.keyed().run(t, "call", "--to=1000", "--from=2000",
		"--caller-id-name=Bob"); code != exitOK || !strings.Contains(out, "Hi Bob") {
		t.Errorf(`with the old master key: got %d %s%s, want code %d, "Hi Bob"`, code, out, errs, exitOK)
	}
	if now, err := os.ReadFile(filepath.Join(data, "master-api-key")); err != nil ||
		strings.TrimSpace(string(now)) != testKey {
		t.Errorf("after the restore master-api-key holds %q (%v); want the restored master account's key, not the one made "+
			"before", now, err)
	}
}

// linesOf returns an export's documents of a database.
func linesOf(export, database string) string {
	var out strings.Builder
	for line := range strings.Lines(export) {
		if strings.HasPrefix(line, `{"database":"`+database+`"`) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// TestExportOfAnAccount exports an account by its name. An unknown account is refused, and not exported as an empty
// one.
func TestExportOfAnAccount(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	acme := anID.FindString(p.must(t, exitOK, "accounts", "create", "acme"))
	dir := t.TempDir()
	for i, ref := range []string{"acme", acme} {
		file := filepath.Join(dir, fmt.Sprint(i))
		if out := p.must(t, exitOK, "export", "--account", ref, file); !strings.Contains(out, "This is account "+acme+
			" alone") {
			t.Errorf("export --account %s: %s, want to hear that it is no backup of everything", ref, out)
		}
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), `"_id":"`+acme+`"`) {
			t.Errorf("export --account %s: %v, want the account in it", ref, err)
		}
	}
	for _, ref := range []string{strings.Repeat("0", 31) + "1", "nosuch"} {
		file := filepath.Join(dir, "nothing")
		if out := p.must(t, exitFailed, "export", "--account", ref, file); !strings.Contains(out, "no account") {
			t.Errorf("export --account %s: %s, want to hear that there is none", ref, out)
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("export --account %s: got a file, want none", ref)
		}
	}
	token := login(t, s.url)
	if code, body := send(t, "GET", s.url+"/v2/databases/functions/documents?account_id="+strings.Repeat("0", 31)+"1",
		token.token, ""); code != 404 {
		t.Errorf("documents of an account that is not there: %d %s, want 404", code, body)
	}
}
