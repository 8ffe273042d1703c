package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// No command accepts an empty argument, or an empty flag that names something. A script with an unset variable must not
// delete its own account, or store as new what it meant to replace.
func TestEmptyArguments(t *testing.T) {
	parser, err := newParser(&cli{}, program{}.environment(t, t.Output(), t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	var walk func(*kong.Node)
	walk = func(node *kong.Node) {
		for _, child := range node.Children {
			walk(child)
		}
		if len(node.Children) > 0 || len(node.Positional) == 0 || node.Hidden || node.Name == "help" {
			return
		}
		line := strings.Fields(commandOf(node))
		for _, flag := range node.Flags {
			if flag.Required {
				line = append(line, "--"+flag.Name+"=x")
			}
		}
		for range node.Positional {
			line = append(line, "")
		}
		lines = append(lines, line)
	}
	walk(parser.Model.Node)
	if len(lines) < 20 {
		t.Errorf("got %d commands with arguments, want them all", len(lines))
	}
	lines = append(lines,
		[]string{"functions", "put", "-", "--name=n", "--id="}, []string{"callflows", "put", "-", "--id", ""},
		[]string{"functions", "list", "--account="}, []string{"accounts", "api-key", "--rotate", "--yes", "--account="},
		[]string{"runs", "--function="}, []string{"runs", "--call="}, []string{"functions", "list", "--profile="},
	)
	p := program{env: map[string]string{"CALLFN_SERVER": "http://127.0.0.1:1", "CALLFN_API_KEY": strings.Repeat("0", 64)}}
	for _, line := range lines {
		code, _, errs := p.run(t, line...)
		said := strings.Contains(errs, " is empty") || strings.Contains(errs, "callfn: <file>") ||
			strings.Contains(errs, "must be one of") ||
			strings.Contains(errs, `callfn: [<by>]: expected a valid 64 bit int but got ""`)
		if code != exitUsage || !said {
			t.Errorf("callfn %q: got %d %q, want %d and what is empty", line, code, errs, exitUsage)
		}
	}
	for _, line := range [][]string{
		{"functions", "list"},
		{"call", "--to=1", "--caller-id-name="},
		{"complete", "functions", ""},
	} {
		if _, _, errs := p.run(t, line...); strings.Contains(errs, "is empty") {
			t.Errorf("callfn %q: got %q, want nothing said of empty texts", line, errs)
		}
	}
}
