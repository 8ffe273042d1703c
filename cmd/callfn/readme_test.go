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

// TestReadme runs the README's tour as printed, against a service of its own: only its address and the folder of its
// data stand in for the README's. `go build` runs in the repository, the rest in an empty folder. What the README shows
// as printed is printed: … stands for anything within a line, and a duration for any.
func TestReadme(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the README's tour needs %s: install it to run this test", tool)
		}
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	for _, command := range []string{"```sh\ngo run ./cmd/callfn serve\n```", "```sh\ngo test ./...\n```"} {
		if !strings.Contains(readme[:200], command) {
			t.Errorf("the README does not open with %q", command)
		}
	}
	blocks := regexp.MustCompile("(?s)```sh tour\n(.*?)```").FindAllStringSubmatch(readme, -1)
	if len(blocks) < 5 {
		t.Fatalf("the tour has %d blocks", len(blocks))
	}
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, program{})
	dir := t.TempDir()
	script := "set -euo pipefail\n"
	for _, b := range blocks {
		script += b[1]
	}
	for from, to := range map[string]string{
		"http://127.0.0.1:8000": s.url, "callfn-data/": s.dataDir + "/",
		"go build -o bin/callfn ./cmd/callfn": "(cd " + repo + " && go build -o " + dir + "/bin/callfn ./cmd/callfn)",
	} {
		if !strings.Contains(script, from) {
			t.Errorf("the tour no longer holds %q: this test replaces what is not there", from)
		}
		script = strings.ReplaceAll(script, from, to)
	}
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = dir
	gocache, err := exec.Command("go", "env", "GOCACHE").Output() // a cache of its own would build everything anew
	if err != nil {
		t.Fatal(err)
	}
	// What tests are told in CALLFN_ variables is nothing that a person at a terminal has.
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CALLFN_") })
	cmd.Env = append(environment, "CALLFN_SERVER="+s.url, "XDG_CACHE_HOME="+dir, "GOCACHE="+
		strings.TrimSpace(string(gocache)))
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```sh tour\n[^`]*```\n```text\n(.*?)```").FindAllStringSubmatch(readme, -1)
	if len(shown) < 3 {
		t.Errorf("the tour shows %d outputs", len(shown))
	}
	for _, block := range shown {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(block[1]), "…", ".*")
		pattern = regexp.MustCompile(`[0-9]+(\\\.[0-9]+)? ms`).ReplaceAllString(pattern, `[0-9.]+ ms`)
		if !regexp.MustCompile("(?m)^" + pattern).Match(out) {
			t.Errorf("the tour does not print what the README shows:\n%s", block[1])
		}
	}
	for _, want := range []string{
		`tts "Thanks for calling us Alice"`, "hangup", "Hello Bob", "fun day!", "ReferenceError: 'Name' is not defined",
		"line 1, column 48", "enabled  Ann Admin",
		"1 of 1 cases pass", `wanted "Thanks for calling us Alice", got "Hello Alice"`,
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the tour's output lacks %q", want)
		}
	}
}
