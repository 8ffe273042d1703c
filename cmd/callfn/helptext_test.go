package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/alecthomas/kong"
)

func TestReadHelp(t *testing.T) {
	files := func(text string) fstest.MapFS { return fstest.MapFS{"help/serve.txt": {Data: []byte(text)}} }
	got, err := readHelp(files("serve --listen\n    Address\n    of the API.\n\n--json\n    Print JSON.\n"))
	if err != nil || len(got) != 2 || got["serve --listen"] != "Address of the API." || got["--json"] != "Print JSON." {
		t.Errorf("got %q, %v, want two texts, each in one line", got, err)
	}
	for text, want := range map[string]string{
		"    Address.\n": "begins with an indented line",
		"serve\n    Run.\n\nserve\n    Run it.\n": "two help texts",
	} {
		if _, err := readHelp(files(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}

// A flag's help is its command's own, else that of a command above, else the shared one. A missing text is found when
// the program starts, in every test; so is an unused one.
func TestSetHelp(t *testing.T) {
	var grammar struct {
		Callflows struct {
			Put struct {
				File string `arg:""`
				JSON bool   `name:"json"`
			} `cmd:""`
		} `cmd:""`
	}
	parser, err := kong.New(&grammar, kong.Name("callfn"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{
		"callflows": "Callflows.", "callflows put": "Store.", "callflows <file>": "A file.", "--json": "Print JSON.",
	}
	set := func() error { return setHelp(parser.Model.Node, texts, map[string]bool{}) }
	put := parser.Model.Children[0].Children[0]
	flag := put.Flags[len(put.Flags)-1]
	if err := set(); err != nil || put.Positional[0].Help != "A file." || flag.Help != "Print JSON." {
		t.Errorf("got %v, %q, %q, want the help of the command above and the shared one", err, put.Positional[0].Help,
			flag.Help)
	}
	texts["callflows put --json"] = "Print the callflow as JSON."
	if err := set(); err != nil || flag.Help != "Print the callflow as JSON." {
		t.Errorf("got %v, %q, want the command's own help", err, flag.Help)
	}
	delete(texts, "callflows <file>")
	if err := set(); err == nil || err.Error() != `no help text of "callflows put <file>"` {
		t.Errorf("got %v, want an error about the argument without help", err)
	}
}
