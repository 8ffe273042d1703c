package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  string // the words, or their beginning followed by …
	}{
		{[]string{"func"}, "functions"},
		{[]string{"functions", "en"}, "enable"},
		{[]string{"functions", "export-tests", ""}, ""}, // callfn does not know these names and files
		{[]string{"--account", "acme", "functions", "ren"}, "rename"},
		{[]string{"functions", "--json", "un"}, "undelete"},
		{[]string{"serve", "--print"}, "--print-config"},
		{[]string{"serve", "--log-format", ""}, "auto text json"},
		{[]string{"serve", "--log-format=j"}, "--log-format=json"},
		{[]string{"serve", "--log-format", "=", "j"}, "json"}, // as bash splits it
		{[]string{"functions", "runs", "--outc"}, "--outcome"},
		{[]string{"completion", ""}, "bash zsh fish"},
		{[]string{"serve", "--nosuch=x"}, ""},
		{[]string{"compl"}, "completion"}, // complete itself is hidden
	} {
		code, out, errs := program{}.run(t, append([]string{"complete", "--"}, c.words...)...)
		if got := strings.Join(strings.Fields(out), " "); code != exitOK || got != c.want {
			t.Errorf("%q: got %d %q %s, want %q", c.words, code, got, errs, c.want)
		}
	}
	if _, out, _ := (program{}).run(t, "complete", "--style=fish", "--", "functions", "ena"); out != "enable\tSwitch a "+
		"function on, also one that was switched off for failing.\n" {
		t.Errorf(
			"for fish: got %q, want %v",
			out,
			"enable\tSwitch a "+"function on, also one that was switched off for failing.\n",
		)
	}
	if _, out, _ := (program{}).run(t, "complete", "--style=zsh", "--", "vers"); out != "version:Print the version.\n" {
		t.Errorf("for zsh: got %q, want %v", out, "version:Print the version.\n")
	}
}

// TestCompletionScripts checks that each shell reads its script, and that bash completes with it.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script := program{}.must(t, exitOK, "completion", shell)
		file := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("%s is not here to read its script", shell)
			continue
		}
		if out, err := exec.Command(shell, "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s -n: got %v %s, want no error", shell, err, out)
		}
		if shell != "bash" {
			continue
		}
		cmd := exec.Command("bash", "-c", `callfn() { printf '%s\n' "$@"; }; source `+file+
			`; COMP_WORDS=(callfn functions "a b"); COMP_CWORD=2; _callfn; printf '<%s>' "${COMPREPLY[@]}"`)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "<complete><--><functions><a b>" {
			t.Errorf("bash asks callfn %q %v, want the words so far", out, err)
		}
	}
	program{}.must(t, exitUsage, "completion", "csh")
}
