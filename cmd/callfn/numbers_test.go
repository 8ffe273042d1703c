package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestNumbersFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := commands(t, &p)
	acme := anID.FindString(must(exitOK, "accounts", "create", "acme"))
	other := anID.FindString(must(exitOK, "accounts", "create", "other"))
	if out := must(exitOK, "numbers", "list"); !strings.Contains(out, "no numbers yet") {
		t.Errorf("list: got %q, want no numbers yet", out)
	}
	if out := must(exitOK, "numbers", "--account=acme", "assign", "4155550100"); out != "assigned +14155550100\n" {
		t.Errorf("assign: got %q, want it assigned", out)
	}
	if out := must(exitFailed, "numbers", "--account=other", "assign", "+14155550100"); !strings.Contains(out,
		"already exists") {
		t.Errorf("assign again: got %q, want that it exists", out)
	}
	must(exitFailed, "numbers", "--account=other", "assign", "front-desk")
	must(exitOK, "numbers", "--account=other", "assign", "1000")
	if out := must(exitOK, "numbers", "list", "--all"); !strings.Contains(out, acme) || !strings.Contains(out, other) {
		t.Errorf("list --all: got %q, want the numbers of both accounts", out)
	}
	must(exitOK, "numbers", "--account=other", "assign", "--move", "+14155550100")
	if out := must(exitOK, "numbers", "--account=acme", "list"); !strings.Contains(out, "no numbers yet") {
		t.Errorf("list: got %q, want that the number is gone", out)
	}
	must(exitUsage, "numbers", "--account=other", "release", "1000") // nobody can be asked
	if out := must(exitOK, "numbers", "--account=other", "release", "1000", "--yes"); out != "released 1000\n" {
		t.Errorf("release: got %q, want it released", out)
	}
	if out := must(exitOK, "numbers", "--account=other", "list"); strings.Contains(out, "1000 ") ||
		!strings.Contains(out, "+14155550100") {
		t.Errorf("list: got %q, want the moved number alone", out)
	}
}

// The export of an account has its numbers. They are assigned again by an import.
func TestNumbersAreExported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "acme.jsonl")
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := commands(t, &p)
	must(exitOK, "accounts", "create", "acme")
	must(exitOK, "accounts", "create", "other")
	must(exitOK, "numbers", "--account=acme", "assign", "+14155550100")
	must(exitOK, "numbers", "--account=other", "assign", "+14155550101")
	must(exitOK, "export", file, "--account=acme")

	elsewhere := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p = elsewhere.keyed()
	must = commands(t, &p)
	must(exitOK, "import", file)
	if out := must(exitOK, "numbers", "list", "--all"); !strings.Contains(out, "+14155550100") ||
		strings.Contains(out, "+14155550101") {
		t.Errorf("after the import: got %q, want the number of acme alone", out)
	}
}
