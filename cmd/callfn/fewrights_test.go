package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// setUp runs `callfn couchdb setup` for the user with few rights and returns the CouchDB's address with that user.
func (c couchUnderTest) setUp(t *testing.T, more ...string) (address, passwordFile string) {
	t.Helper()
	file := filepath.Join(c.dir, "password")
	args := []string{
		"couchdb", "setup", "--admin-url=" + c.admin, "--user=" + c.user(), "--password-file=" + file,
		"--database-prefix=" + c.prefix,
	}
	if code, out, errs := (program{}).run(t, append(args, more...)...); code != exitOK {
		t.Fatalf("setup %v: got %d %s %s, want code %d", more, code, out, errs, exitOK)
	}
	password, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return withUser(t, c.admin, c.user(), strings.TrimSpace(string(password))), file
}

// applyPlan writes a plan that puts functions on a CouchDB to a file and applies it.
func applyPlan(t *testing.T, shell program, address string) (code int, out, errs string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(planFor(t, address)), 0o600); err != nil {
		t.Fatal(err)
	}
	return shell.run(t, "storage", "apply", file)
}

// stillWorks calls the number that callWorks set up.
func stillWorks(t *testing.T, shell program, where string) {
	t.Helper()
	if code, out, errs := shell.run(t, "call", "--to=1000", "--from=2000", "--caller-id-name=Eve"); code != exitOK ||
		!strings.Contains(out, "Hi Eve") {
		t.Errorf(`call %s: got %d %s %s, want code %d, "Hi Eve"`, where, code, out, errs, exitOK)
	}
}

// isOn checks where functions are.
func isOn(t *testing.T, shell program, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := shell.run(t, "storage", "get")
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "functions ") && strings.Contains(line, u.Host) {
			return
		}
	}
	t.Errorf("got %d %s %s, want functions on %s", code, out, errs, u.Host)
}

// A move needs a fence, which a member of a database cannot raise. The move is refused before anything happens. It
// works in both directions with the rights from `setup --may-move`.
func TestMoveAwayWithFewRights(t *testing.T) {
	c := realCouch(t)
	few, file := c.setUp(t)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}},
		"--couchdb-url="+c.as(t, c.user()), "--couchdb-password-file="+file, "--database-prefix="+c.prefix)
	callWorks(t, s)
	shell, other := s.keyed(), socketNode(t)
	if code, out, errs := applyPlan(t, shell, other); code != exitFailed || !strings.Contains(errs, "move_forbidden") ||
		!strings.Contains(errs, "--may-move") {
		t.Fatalf(
			`a member moved a database: got %d %s %s, want code %d, "move_forbidden", "--may-move"`,
			code,
			out,
			errs,
			exitFailed,
		)
	}
	isOn(t, shell, few)
	c.setUp(t, "--may-move")
	if code, out, errs := applyPlan(t, shell, other); code != exitOK || !strings.Contains(out, "functions is on "+
		newHome) || strings.Contains(errs, "--may-move") {
		t.Fatalf(
			`apply: got %d %s %s, want code %d, %q, no "--may-move"`,
			code,
			out,
			errs,
			exitOK,
			"functions is on "+newHome,
		)
	}
	isOn(t, shell, other)
	stillWorks(t, shell, "after the move")
	if code, out, errs := shell.run(t, "storage", "rollback"); code != exitOK ||
		!strings.Contains(out, "functions: rolled_back") {
		t.Fatalf(`rollback: got %d %s %s, want code %d, "functions: rolled_back"`, code, out, errs, exitOK)
	}
	isOn(t, shell, few)
	stillWorks(t, shell, "after the rollback")
	if code, out, errs := applyPlan(t, shell, other); code != exitOK {
		t.Fatalf("apply again: got %d %s %s, want code %d", code, out, errs, exitOK)
	}
	if code, out, errs := shell.run(t, "storage", "finish", "--yes"); code != exitOK ||
		!strings.Contains(out, "functions: finished") {
		t.Fatalf(`finish: got %d %s %s, want code %d, "functions: finished"`, code, out, errs, exitOK)
	}
	isOn(t, shell, other)
	stillWorks(t, shell, "after the end of the move")
}

// A member's rights suffice to move a database there, with a warning that no rollback is possible. With `setup
// --may-move` one is.
func TestMoveThereWithFewRights(t *testing.T) {
	c := realCouch(t)
	few, _ := c.setUp(t)
	home := socketNode(t)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couchdb-url="+home,
		"--database-prefix="+c.prefix)
	callWorks(t, s)
	shell := s.keyed()
	if code, out, errs := applyPlan(t, shell, few); code != exitOK || !strings.Contains(out, "functions is on "+newHome) ||
		!strings.Contains(errs, "no rollback of this move") {
		t.Fatalf(
			`apply: got %d %s %s, want code %d, %q, "no rollback of this move"`,
			code,
			out,
			errs,
			exitOK,
			"functions is on "+newHome,
		)
	}
	isOn(t, shell, few)
	stillWorks(t, shell, "after the move")
	if code, out, errs := shell.run(t, "storage", "rollback"); code != exitFailed ||
		!strings.Contains(errs, "move_forbidden") || !strings.Contains(errs, "--may-move") {
		t.Fatalf(
			`a rollback without the right to it: got %d %s %s, want code %d, "move_forbidden", "--may-move"`,
			code,
			out,
			errs,
			exitFailed,
		)
	}
	stillWorks(t, shell, "after the rollback that was refused")
	c.setUp(t, "--may-move")
	if code, out, errs := shell.run(t, "storage", "rollback"); code != exitOK ||
		!strings.Contains(out, "functions: rolled_back") {
		t.Fatalf(`rollback: got %d %s %s, want code %d, "functions: rolled_back"`, code, out, errs, exitOK)
	}
	isOn(t, shell, home)
	stillWorks(t, shell, "after the rollback")
}
