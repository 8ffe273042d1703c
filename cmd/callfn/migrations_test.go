package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// On the command line: apply a plan, look, roll back, apply again, finish, and move back by a plan.
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
	expect(exitFailed, "no database is being moved", "storage", "finish", "--yes")
	expect(exitOK, "functions would be moved from local to", "storage", "apply", "--dry-run", file)
	expect(exitOK, "callfn storage rollback", "storage", "apply", file)
	stillCalls()
	expect(exitOK, "switched", "storage", "migrations")
	expect(exitOK, "functions: rolled_back", "storage", "rollback")
	stillCalls()
	expect(exitOK, ": rolled_back", "storage", "rollback", latestMove(t, p)) // again
	expect(exitOK, "copying", "storage", "apply", file)                      // printed during the move
	stillCalls()
	expect(exitOK, "functions: finished", "storage", "finish", "--yes")
	stillCalls()
	expect(exitFailed, "cannot be rolled back", "storage", "rollback", latestMove(t, p))
	expect(exitFailed, "bad_identifier", "storage", "finish", "--yes", "nosuch")

	home := filepath.Join(t.TempDir(), "home.json")
	if err := os.WriteFile(home, []byte(`{"plan":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(exitOK, "functions is on local now", "storage", "apply", home)
	expect(exitOK, "functions: finished", "storage", "finish", "--yes")
	stillCalls()
	expect(exitOK, "hi", "functions", "list")
}

// latestMove returns the id of the move that is listed first, below the columns' names.
func latestMove(t *testing.T, p program) string {
	t.Helper()
	_, out, _ := p.run(t, "storage", "migrations")
	lines := strings.Split(out, "\n")
	if len(lines) < 2 || lines[1] == "" {
		t.Fatalf("got %s, want the move listed", out)
	}
	return strings.Fields(lines[1])[0]
}
