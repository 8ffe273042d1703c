package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The README opens with the two commands.
func TestReadmeOpensWithTheCommands(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"```sh\ngo run ./cmd/callfn serve\n```", "```sh\ngo test ./...\n```"} {
		if !strings.Contains(string(readme[:200]), command) {
			t.Errorf("the README does not open with %q, want %q in string(readme[:200])", command, command)
		}
	}
}

// The tours of the README, of docs/tour.md and of the examples run as printed.
func TestTours(t *testing.T) {
	for page, tour := range map[string]tour{
		"README.md": {
			blocks: 6, shown: 2, replaced: []string{"callfn-data/", "go build -o bin/callfn ./cmd/callfn"},
			prints: []string{
				`tts "Thanks for calling us Alice"`, "hangup", "ReferenceError: 'Name' is not defined", "line 1, column 48",
				"9 of 9 cases pass",
			},
		},
		"docs/tour.md": {
			blocks: 10, shown: 4,
			replaced: []string{"callfn-data/", "go build -o bin/callfn ./cmd/callfn", "http://127.0.0.1:8000"},
			prints: []string{
				`tts "Thanks for calling us Alice"`, "hangup", "Hello Bob", "fun day!", "ReferenceError: 'Name' is not defined",
				"line 1, column 48", "enabled  Ann Admin", "1 of 1 cases pass",
				`wanted "Thanks for calling us Alice", got "Hello Alice"`, "Hello Alice, this is call 1 today",
				"effect: kv.incr calls:4155550100 = 1 for 86400 s", "not_scripted",
				"effect: http.get https://crm.example/customers?number=4155550100: 200",
			},
		},
		"docs/examples/README.md": {
			blocks: 2, before: "go build -o bin/callfn ./cmd/callfn && export PATH=$PWD/bin:$PATH\n" +
				"export CALLFN_API_KEY=$(cat callfn-data/master-api-key)\n",
			replaced: []string{"callfn-data/", "go build -o bin/callfn ./cmd/callfn"},
			prints:   []string{"6 of 6 cases pass", "2 of 2 cases pass", "This PIN is not known."},
		},
	} {
		t.Run(page, func(t *testing.T) { tour.run(t, page) })
	}
}

// tour is what a page's tour must have.
type tour struct {
	before   string   // commands of another page that it assumes
	blocks   int      // least number of blocks of commands
	shown    int      // least number of outputs
	replaced []string // texts replaced for the test's own service; all must occur
	prints   []string
}

// run runs the tour of a page against its own service. Only the page's address and data folder are replaced. `go build`
// runs in the repository, the rest in a folder with only docs. The output must be as printed: … stands for anything
// within a line, and a duration for any duration.
func (want tour) run(t *testing.T, page string) {
	for _, tool := range []string{"bash", "curl", "sed", "awk"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the tour needs %s: install it to run this test", tool)
		}
	}
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(repo, page))
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	blocks := regexp.MustCompile("(?s)```sh tour\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) < want.blocks {
		t.Fatalf("got a tour of %d blocks, want %d at least", len(blocks), want.blocks)
	}
	s := serve(t, program{})
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(repo, "docs"), filepath.Join(dir, "docs")); err != nil {
		t.Fatal(err)
	}
	script := "set -euo pipefail\n" + want.before
	for _, b := range blocks {
		script += b[1]
	}
	for _, from := range want.replaced {
		to := map[string]string{
			"http://127.0.0.1:8000": s.url, "callfn-data/": s.dataDir + "/",
			"go build -o bin/callfn ./cmd/callfn": "(cd " + repo + " && go build -o " + dir + "/bin/callfn ./cmd/callfn)",
		}[from]
		if !strings.Contains(script, from) {
			t.Errorf("the tour no longer has %q: this test replaces what is not there, want %q in script", from, from)
		}
		script = strings.ReplaceAll(script, from, to)
	}
	out := shell(t, s, dir, script)
	shown := regexp.MustCompile("(?s)```sh tour\n[^`]*```\n```text\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(shown) < want.shown {
		t.Errorf("got a tour that shows %d outputs, want %d at least", len(shown), want.shown)
	}
	for _, block := range shown {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(block[1]), "…", ".*")
		pattern = regexp.MustCompile(`[0-9]+(\\\.[0-9]+)? ms`).ReplaceAllString(pattern, `[0-9.]+ ms`)
		if !regexp.MustCompile("(?m)^" + pattern).MatchString(out) {
			t.Errorf("got another output than the page shows, want:\n%s", block[1])
		}
	}
	for _, wanted := range want.prints {
		if !strings.Contains(out, wanted) {
			t.Errorf("the tour's output lacks %q", wanted)
		}
	}
}

// shell runs a script as a person at a terminal would, and returns its output.
func shell(t *testing.T, s *served, dir, script string) string {
	t.Helper()
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = dir
	gocache, err := exec.Command("go", "env", "GOCACHE").Output() // an own cache would rebuild everything
	if err != nil {
		t.Fatal(err)
	}
	// A person at a terminal does not have the tests' CALLFN_ variables.
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CALLFN_") })
	cmd.Env = append(environment, "CALLFN_SERVER="+s.url, "XDG_CACHE_HOME="+dir, "GOCACHE="+
		strings.TrimSpace(string(gocache)))
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
