package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A data directory with lost or damaged documents is refused with the word "restore" or "backup". The service never
// starts empty, or with fewer documents, without saying so.
func TestDamagedDataIsRefused(t *testing.T) {
	data := t.TempDir()
	p := program{}
	s := serve(t, p, "--data="+data)
	s.stop()
	whole, err := os.ReadFile(filepath.Join(data, "node.db"))
	if err != nil {
		t.Fatal(err)
	}
	broken := append([]byte(nil), whole...)
	for i := 2 * os.Getpagesize(); i < len(broken); i++ {
		broken[i] = 0xff
	}
	for name, content := range map[string][]byte{
		"gone": nil, "empty": {}, "cut": whole[:3*os.Getpagesize()],
		"overwritten": broken,
	} {
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(data)); err != nil {
			t.Fatal(err)
		}
		node := filepath.Join(copied, "node.db")
		if err := os.Remove(node); err != nil {
			t.Fatal(err)
		}
		if content != nil {
			if err := os.WriteFile(node, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		code, out, errs := p.run(t, "serve", "--listen=127.0.0.1:0", "--data="+copied)
		if said := out + errs; code != exitFailed || !strings.Contains(said, "backup") || !strings.Contains(said, "node.db") {
			t.Errorf("%s: exit code %d, want %d and what to do: %s", name, code, exitFailed, said)
		}
	}
	serve(t, p, "--data="+data)
}

func TestReadableSecretsAreWarnedOf(t *testing.T) {
	data := t.TempDir()
	file := filepath.Join(data, "secret.key")
	if err := os.WriteFile(file, []byte(strings.Repeat("ab", 32)), 0o644); err != nil {
		t.Fatal(err)
	}
	if s := serve(t, program{}, "--data="+data); !strings.Contains(s.errs.String(), "chmod 600") ||
		!strings.Contains(s.errs.String(), file) {
		t.Errorf("want a warning that names the file: %s", s.errs.String())
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
}
