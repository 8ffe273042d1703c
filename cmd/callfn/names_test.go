package main

import (
	"strings"
	"testing"
)

// TestNamesStandForIDs uses names of functions, callflows, users and accounts in place of ids. Ambiguous names are
// refused.
func TestNamesStandForIDs(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := func(want int, args ...string) string { t.Helper(); return p.must(t, want, args...) }
	acme := anID.FindString(must(exitOK, "accounts", "create", "acme", "--realm=acme.example"))
	p.env["CALLFN_ACCOUNT"] = "acme.example"
	p.stdin = "return {module: 'tts', data: {text: 'hi'}};"
	hotline := anID.FindString(must(exitOK, "functions", "put", "--name=Opening hours", "-"))
	p.stdin = `{"name":"office","numbers":["1000","+14155550100"],"flow":{"module":"function","data":{"id":"` + hotline +
		`"}}}`
	office := anID.FindString(must(exitOK, "callflows", "put", "-"))
	p.stdin = "s3cret"
	must(exitOK, "users", "create", "ann", "--first-name=Ann", "--last-name=A")
	for _, args := range [][]string{
		{"functions", "get", "Opening hours"},
		{"functions", "get", "opening HOURS"},
		{
			"functions", "run", "Opening hours",
			"--to=1",
		},
		{"functions", "test", "Opening hours"},
		{"functions", "runs", "Opening hours"},
		{"callflows", "get", "office"},
		{"callflows", "get", "1000"},
		{"callflows", "get", "+14155550100"},
		{"callflows", "test", "1000"},
		{"users", "get", "ann"},
		{"functions", "--account=acme", "list"},
		{"functions", "--account", acme, "list"},
		{"accounts", "api-key", "acme"},
		{"pivot", "create", "--function=Opening hours"},
		{"functions", "disable", "Opening hours"},
		{"functions", "enable", "Opening hours"},
		{"functions", "rename", "Opening hours", "hotline"},
	} {
		must(exitOK, args...)
	}
	p.stdin = "return {module: 'hangup'};"
	if out := must(exitOK, "functions", "put", "--id=hotline", "-"); !strings.Contains(out, "replaced "+hotline) {
		t.Errorf("put --id=hotline: %s, want %s replaced", out, hotline)
	}
	must(exitOK, "functions", "put", "--name=twice", "-")
	must(exitOK, "functions", "put", "--name=twice", "-")
	for _, c := range []struct {
		want int
		says string
		args []string
	}{
		{exitUsage, "twice names 2 functions: give the id of one of them\n  \"twice\" (", []string{
			"functions", "delete",
			"twice",
		}},
		{exitFailed, `no function is called "hotlime", did you mean "hotline"?`, []string{"functions", "get", "hotlime"}},
		{exitFailed, `no callflow is called "2000"`, []string{"callflows", "get", "2000"}},
		{exitFailed, `no user is called "bob"`, []string{"users", "get", "bob"}},
		{exitFailed, `no account is called "acmee", did you mean "acme"?`, []string{"functions", "--account=acmee", "list"}},
		{exitFailed, "no account " + strings.Repeat("0", 32), []string{
			"functions", "--account=" + strings.Repeat("0", 32),
			"list",
		}},
		{exitFailed, "no function " + office + " in account " + acme, []string{"functions", "get", office}},
		{exitFailed, "no callflow " + hotline + " in account " + acme, []string{"callflows", "get", hotline}},
	} {
		if out := must(c.want, c.args...); !strings.Contains(out, c.says) {
			t.Errorf("callfn %v: %s, want %q", c.args, out, c.says)
		}
	}
}

// TestWhatWasDeletedComesBack deletes and restores by name. Listings are sorted by name, below the columns' names.
func TestWhatWasDeletedComesBack(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := func(want int, args ...string) string { t.Helper(); return p.must(t, want, args...) }
	p.stdin = "return {module: 'hangup'};"
	for _, name := range []string{"zebra", "Ape", "bear"} {
		must(exitOK, "functions", "put", "--name="+name, "-")
	}
	must(exitOK, "functions", "disable", "bear")
	order := func(out string) (names []string) {
		for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
			fields := strings.Fields(line)
			names = append(names, fields[len(fields)-1])
		}
		return names
	}
	_, out, _ := p.run(t, "functions", "list")
	if got := strings.Join(order(out), " "); got != "NAME Ape bear zebra" || !strings.Contains(out, "disabled") {
		t.Errorf("list: %s, want it by name, below the columns' names", out)
	}
	must(exitOK, "functions", "delete", "--yes", "bear")
	if out := must(exitOK, "functions", "list", "--deleted"); !strings.Contains(out, "bear") ||
		strings.Contains(out, "zebra") {
		t.Errorf("list --deleted: %s, want bear", out)
	}
	must(exitOK, "functions", "undelete", "bear")
	if out := must(exitOK, "functions", "get", "bear"); out != p.stdin {
		t.Errorf("back: %q, want %q", out, p.stdin)
	}
	p.stdin = `{"name":"office","numbers":["1000"],"flow":{"module":"hangup","data":{}}}`
	must(exitOK, "callflows", "put", "-")
	must(exitOK, "callflows", "delete", "--yes", "1000")
	if out := must(exitOK, "callflows", "list", "--deleted"); !strings.Contains(out, "office 1000") {
		t.Errorf(`callflows list --deleted: got %s, want "office 1000"`, out)
	}
	must(exitOK, "callflows", "undelete", "office")
	must(exitOK, "callflows", "get", "1000")
	if out := must(exitOK, "users", "list", "--deleted"); !strings.Contains(out, "no users were deleted") {
		t.Errorf(`users list --deleted: got %s, want "no users were deleted"`, out)
	}
}
