package main

import (
	"context"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/testlog"

	"github.com/alecthomas/kong"
)

// destroying are the commands that delete or invalidate something for good, each with arguments.
func destroying(account, function, callflow, user, key, cases, export string) map[string][]string {
	return map[string][]string{
		"accounts delete":            {"accounts", "delete", account},
		"functions delete":           {"functions", "delete", function},
		"callflows delete":           {"callflows", "delete", callflow},
		"users delete":               {"users", "delete", user},
		"accounts api-key --rotate":  {"accounts", "api-key", "--rotate", account},
		"pivot revoke":               {"pivot", "revoke", key},
		"keys revoke":                {"keys", "revoke", key},
		"signing-keys rotate --void": {"signing-keys", "rotate", "--void-tokens"},
		"import-tests --prune":       {"functions", "import-tests", function, "--prune", cases},
		"import --replace":           {"import", "--replace", export},
	}
}

// TestWhatDeletesAsks checks that every such command fails if it can ask nobody, and otherwise asks.
func TestWhatDeletesAsks(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := func(args ...string) string { t.Helper(); return p.must(t, exitOK, args...) }
	account := anID.FindString(must("accounts", "create", "acme"))
	p.stdin = "return {module: 'hangup'};"
	function := anID.FindString(must("functions", "put", "--name=hotline", "-"))
	must("functions", "put", "--name=inner", "--account=acme", "-")
	p.stdin = `{"name":"says so","call":{},"expected":{"flow":{"module":"hangup"}}}`
	must("functions", "import-tests", function, "-")
	p.stdin = `{"name":"office","numbers":["1000"],"flow":{"module":"hangup","data":{}}}`
	callflow := anID.FindString(must("callflows", "put", "-"))
	p.stdin = "s3cret"
	user := anID.FindString(must("users", "create", "ann", "--first-name=A", "--last-name=B"))
	must("pivot", "create", "--name=old")
	must("keys", "create", "--function=hotline", "--name=old")
	key := "old"
	export := filepath.Join(t.TempDir(), "export")
	must("export", export)
	empty := t.TempDir()
	all := destroying(account, function, callflow, user, key, empty, export)
	for name, args := range all {
		if out := p.must(t, exitUsage, args...); !strings.Contains(out, "--yes") ||
			!strings.Contains(out, "nothing was changed") {
			t.Errorf("%s without a terminal: %s, want it refused", name, out)
		}
		q := p
		q.terminal, q.typed = true, strings.NewReader("yes\n") // not the name
		if out := q.must(t, exitFailed, args...); !strings.Contains(out, "to go on") ||
			!strings.Contains(out, "nothing was changed") {
			t.Errorf("%s with another word typed: %s, want it refused", name, out)
		}
		q.typed = strings.NewReader("")
		q.must(t, exitFailed, args...)
	}
	for _, args := range [][]string{
		{"accounts", "--account=acme", "get"},
		{"functions", "get", function},
		{"callflows", "get", callflow},
		{"users", "get", user},
	} {
		must(args...) // everything still exists
	}

	p.terminal = true
	typed := func(word string, args ...string) string {
		t.Helper()
		p.typed = strings.NewReader(word + "\n")
		return must(args...)
	}
	if out := typed("acme", all["accounts delete"]...); !regexp.MustCompile(`delete the account acme\s+` + account +
		`, 1 function, 0 callflows, 0 users\s+Type acme to go on: `).MatchString(out) {
		t.Errorf("accounts delete: got %s, want the account, what is in it, and its name asked for", out)
	}
	if out := typed("hotline", all["functions delete"]...); !strings.Contains(out, "1 test case") {
		t.Errorf(`functions delete: got %s, want "1 test case"`, out)
	}
	typed("office", all["callflows delete"]...)
	typed("ann", all["users delete"]...)
	typed(key, all["pivot revoke"]...)
	typed(key, all["keys revoke"]...)
	p.typed = strings.NewReader("")
	must("signing-keys", "rotate", "--void-tokens", "--yes")
}

// TestInterruptedQuestion checks that a question ends with its context, since the person may press ^C.
func TestInterruptedQuestion(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	account := anID.FindString(p.must(t, exitOK, "accounts", "create", "acme"))
	in, out := io.Pipe() // a terminal on which nobody types
	defer func() { _ = out.Close() }()
	p.terminal, p.typed = true, in
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr testlog.Buffer
	code := make(chan int, 1)
	go func() { code <- run(ctx, p.environment(t, &stdout, &stderr, "accounts", "delete", account)) }()
	await.True(t, "the question", func() bool { return strings.Contains(stderr.String(), "to go on") })
	cancel()
	select {
	case c := <-code:
		if c != exitFailed || !strings.Contains(stderr.String(), "nothing was changed") {
			t.Errorf("got %d %s, want %d and that nothing was changed", c, &stderr, exitFailed)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("after 10 s: got no end of the question, want ^C to end it")
	}
}

// TestEveryDeletingCommandHasYes finds commands by their names, so that no new one is forgotten.
func TestEveryDeletingCommandHasYes(t *testing.T) {
	parser, err := newParser(&cli{}, environment{}.guarded())
	if err != nil {
		t.Fatal(err)
	}
	deletes := []string{"delete", "revoke", "remove", "destroy", "wipe", "finish"}
	flags := []string{"rotate", "prune", "replace", "void-tokens"}
	seen := 0
	for _, leaf := range parser.Model.Leaves(false) {
		has := func(name string) bool {
			return slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return f.Name == name })
		}
		if !slices.Contains(deletes, leaf.Name) && !slices.ContainsFunc(flags, has) {
			continue
		}
		seen++
		if !has("yes") {
			t.Errorf("%s: got no --yes, want a command that deletes to ask", leaf.FullPath())
		}
	}
	if seen < 10 {
		t.Errorf("%d commands delete, want 10 or more: the model is no longer as this test expects", seen)
	}
}
