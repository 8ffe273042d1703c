package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The command line's way: apply a plan, look, roll back, apply again, finish, and go back by a plan.
func TestStorageMovesFromTheCommandLine(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	callWorks(t, s)
	p := s.keyed()
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(planFor(t, socketNode(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	expect := func(code int, says string, args ...string) {
		t.Helper()
		got, out, errs := p.run(t, args...)
		if got != code || !strings.Contains(out+errs, says) {
			t.Fatalf("callfn %s: %d %s%s, want %d and %q", strings.Join(args, " "), got, out, errs, code, says)
		}
	}
	stillCalls := func() {
		t.Helper()
		expect(exitOK, "Hi Bob", "call", "--to=1000", "--from=2000", "--caller-id-name=Bob")
	}
	expect(exitFailed, "no database is being moved", "storage", "finish")
	expect(exitOK, "functions would be moved from local to", "storage", "apply", "--dry-run", file)
	expect(exitOK, "callfn storage rollback", "storage", "apply", file)
	stillCalls()
	expect(exitOK, "switched", "storage", "migrations")
	expect(exitOK, "functions: rolled_back", "storage", "rollback")
	stillCalls()
	expect(exitOK, ": rolled_back", "storage", "rollback", strings.Fields(first(t, p, "storage", "migrations"))[0]) // again
	expect(exitOK, "copying", "storage", "apply", file)                                                             // said on its way
	stillCalls()
	expect(exitOK, "functions: finished", "storage", "finish")
	stillCalls()
	expect(exitFailed, "cannot be rolled back", "storage", "rollback", strings.Fields(first(t, p, "storage", "migrations"))[0])
	expect(exitFailed, "bad_identifier", "storage", "finish", "nosuch")

	home := filepath.Join(t.TempDir(), "home.json")
	if err := os.WriteFile(home, []byte(`{"plan":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(exitOK, "functions is on local now", "storage", "apply", home)
	expect(exitOK, "functions: finished", "storage", "finish")
	stillCalls()
	expect(exitOK, "hi", "functions", "list")
}

func first(t *testing.T, p program, args ...string) string {
	t.Helper()
	_, out, _ := p.run(t, args...)
	line, _, _ := strings.Cut(out, "\n")
	return line
}
