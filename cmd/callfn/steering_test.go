package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/printable"
)

// steering is text that changes a terminal that prints it unescaped.
const steering = "a\x1b[2J\x1b]0;owned\ab\u009b31m\u202ec\rd\ne\x7f"

// TestNothingSteersATerminal stores text with control characters and checks what every command prints of it.
func TestNothingSteersATerminal(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	dir := t.TempDir()
	put := func(want int, data map[string]any, args ...string) string {
		t.Helper()
		text, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		p.stdin = string(text)
		return p.must(t, want, args...)
	}
	inJS, err := json.Marshal(steering)
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = "console.log(" + string(inJS) + "); throw new Error(" + string(inJS) + ");"
	function := anID.FindString(p.must(t, exitOK, "functions", "put", "--name", steering, "-"))
	callflow := anID.FindString(put(exitOK, map[string]any{
		"name": steering, "numbers": []string{"1000"},
		"flow": map[string]any{
			"module": "function", "data": map[string]any{"id": function},
			"children": map[string]any{"_": map[string]any{"module": "tts", "data": map[string]any{"text": steering}}},
		},
	}, "callflows", "put", "-"))
	put(exitOK, map[string]any{
		"name": steering, "call": map[string]any{},
		"expected": map[string]any{"flow": map[string]any{"module": steering}},
	},
		"functions", "import-tests", function, "-")
	account := anID.FindString(p.must(t, exitOK, "accounts", "create", steering))
	p.stdin = "s3cret"
	user := anID.FindString(p.must(t, exitOK, "users", "create", "ann", "--first-name", steering, "--last-name", "B"))
	p.must(t, exitOK, "pivot", "create", "--name", steering)
	p.terminal = true
	p.env["NO_COLOR"] = "1"
	draft := filepath.Join(dir, "draft.js")
	if err := os.WriteFile(draft, []byte("return {module: "+string(inJS)+"};"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(t, "call", "--to=1000") // leaves records
	for _, args := range [][]string{
		{"functions", "list"},
		{"functions", "get", function},
		{"functions", "run", function, "--to=1"},
		{"functions", "run", "--file", draft, "--to=1"},
		{"functions", "test", function},
		{"functions", "runs", function},
		{"functions", "runs", function, "--failed"},
		{"runs"},
		{"functions", "put", "--name=x", draft},
		{"functions", "disable", function},
		{"functions", "enable", function},
		{"functions", "rename", function, steering},
		{"functions", "get", "nosuch" + steering},
		{"functions", "get", strings.Repeat("f", 32)},
		{"callflows", "list"},
		{"callflows", "get", callflow},
		{"call", "--to=1000", "--caller-id-name=" + steering},
		{"call", "--to=" + steering},
		{"accounts", "list"},
		{"accounts", "--account", account, "get"},
		{"users", "list"},
		{"users", "get", user},
		{"pivot", "list"},
		{"functions", "--json", "list"},
		{"functions", "--json", "get", function},
		{"functions", "--json", "runs", function},
		{"call", "--json", "--to=1000"},
		{"functions", "--account", steering, "list"},
		{"functions", "dance" + steering},
		{"functions", "export-tests", function, filepath.Join(dir, "cases")},
		{"callflows", "delete", callflow},
		{"accounts", "delete", account},
		{"functions", "delete", function, "--yes"},
		{"users", "delete", user, "--yes"},
		{
			"accounts", "delete", account,
			"--yes",
		},
	} {
		p.typed = strings.NewReader("\n")
		_, out, errs := p.run(t, args...)
		for _, line := range strings.Split(out+errs, "\n") {
			if shown := printable.Text(strings.ReplaceAll(line, "\t", " ")); shown != strings.ReplaceAll(line, "\t", " ") {
				t.Errorf(
					"callfn %q prints what steers a terminal: got %q, want shown = %v",
					args,
					line,
					strings.ReplaceAll(line, "\t", " "),
				)
			}
			if line == "e" || strings.HasPrefix(line, "e\u007f") || strings.HasPrefix(line, `e\u{7F}`) {
				t.Errorf("callfn %q: got a name over two lines, want one: %q", args, out+errs)
			}
		}
	}
}

// TestOutputIsGuarded finds prints that bypass the escaping: only package printable may print outside text.
func TestOutputIsGuarded(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			name, ok := selector.X.(*ast.Ident)
			if ok && name.Name == "fmt" && (strings.HasPrefix(selector.Sel.Name, "Fprint") ||
				strings.HasPrefix(selector.Sel.Name, "Print")) {
				t.Errorf("%s: got text of others printed as it is by fmt.%s, want printable.%[2]s", set.Position(n.Pos()),
					selector.Sel.Name)
			}
			return true
		})
	}
}
