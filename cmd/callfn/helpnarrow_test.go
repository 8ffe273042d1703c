package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// Help on a narrow terminal has the same text as on a wide one, in lines that fit.
func TestHelpOnNarrowTerminals(t *testing.T) {
	parser, err := newParser(&cli{}, environment{}.guarded())
	if err != nil {
		t.Fatal(err)
	}
	help := func(args []string, columns int) string {
		var out bytes.Buffer
		w := program{}.environment(t, &out, t.Output(), append(args, "--help")...)
		w.columns = columns
		if code := run(context.Background(), w); code != exitOK {
			t.Fatalf("callfn %q --help: exit code %d, want %d", args, code, exitOK)
		}
		return out.String()
	}
	var walk func(*kong.Node)
	walk = func(node *kong.Node) {
		var args []string
		if node.Parent != nil {
			args = strings.Fields(commandOf(node))
		}
		wide, slim := help(args, 0), help(args, 40)
		if got, want := strings.Join(strings.Fields(slim), " "), strings.Join(strings.Fields(wide), " "); got != want {
			t.Errorf("callfn %q --help at 40 columns: got %s\nwant the words of %s", args, slim, wide)
		}
		for line := range strings.Lines(slim) {
			line = strings.TrimRight(line, "\n")
			// a single word may be longer
			if utf8.RuneCountInString(line) > 40 && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("callfn %q --help at 40 columns: got %q, want it folded", args, line)
			}
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
}
