package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestEveryNumberHasARange gives every number or duration among a service's flags a value beyond its range. The error
// names the flag and the range.
func TestEveryNumberHasARange(t *testing.T) {
	t.Chdir(t.TempDir()) // for the data of a service that starts in spite of it
	parser, err := newParser(&cli{}, environment{}.guarded())
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	eachFlag(parser.Model.Node, func(node *kong.Node, flag *kong.Flag) {
		command := strings.TrimPrefix(node.FullPath(), "callfn ")
		if !isNumber(flag) || command != "serve" && command != "queryserver" && command != "doctor" && command != "runs" {
			return
		}
		low, high, ok := rangeOf(flag)
		if !ok {
			t.Errorf("callfn %s --%s: got no range, want one", command, flag.Name)
			return
		}
		var beyond []string
		unit := ""
		if strings.Contains(flag.Target.Type().String(), "Duration") {
			unit = "ns"
		}
		if low.holds {
			beyond = append(beyond, strconv.FormatInt(int64(low.value)-1, 10)+unit)
		}
		if high.holds {
			beyond = append(beyond, strconv.FormatInt(int64(high.value)+1, 10)+unit)
		}
		for _, value := range beyond {
			checked++
			code, out, errs := program{}.run(t, append(strings.Fields(command), "--"+flag.Name+"="+value)...)
			if code != exitUsage || !strings.Contains(errs, "--"+flag.Name+" ") || !strings.Contains(errs, "want "+
				rangeWords(flag)) || strings.Count(errs, "--") != 1 {
				t.Errorf("callfn %s --%s=%s: got %d %q, want that flag named with its range", command, flag.Name, value, code, out+
					errs)
			}
		}
	})
	if checked < 40 {
		t.Errorf("%d values were tried, want 40 or more", checked)
	}
	code, _, errs := program{}.run(t, "serve", "--workers=2000", "--queue=-1")
	if code != exitUsage || !strings.Contains(errs, "--workers 2000: want between 0 and 1024") ||
		!strings.Contains(errs, "--queue -1") {
		t.Errorf("two at once: %d %s, want both named", code, errs)
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	t.Chdir(t.TempDir()) // for the data of a service that starts in spite of it
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "callfn.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "--config=" + path
	}
	for _, c := range []struct {
		args  []string
		wants []string
	}{
		{[]string{"serve", file("listne: x")}, []string{"callfn.yaml", "no such setting: listne, did you mean listen?"}},
		{[]string{"serve", file("serve: {worker: 3}")}, []string{"callfn.yaml", "serve.worker, did you mean workers?"}},
		{[]string{"serve", file("sevre: {workers: 3}")}, []string{"sevre, did you mean serve?"}},
		{[]string{"serve", file("id: x")}, []string{"no such setting: id"}}, // no file selects what a command works on
		{[]string{"serve", file("functions: {name: x}")}, []string{"functions.name"}},
		{[]string{"serve", file("listen:")}, []string{"callfn.yaml", "listen has no value"}},
		{[]string{"serve", file("a: [")}, []string{"callfn.yaml"}},
		{[]string{"serve", file("keep-runs-for: 7 days")}, []string{"--keep-runs-for", "7d"}},
		{[]string{"serve", file("workers: many")}, []string{"--workers", "callfn.yaml", `"many"`}},
		{[]string{"serve", file("log-level: loud")}, []string{"--log-level", "callfn.yaml", `"loud"`}},
		{[]string{"serve", file("deadline: 9s")}, []string{"--deadline 9s from ", "callfn.yaml", "5s"}},
		{[]string{"serve", file("workers: 2\n---\nworkers: 3")}, []string{"callfn.yaml", "second document"}},
		{[]string{"serve", file("serve: 5")}, []string{"callfn.yaml", "serve is a command: want its settings below it"}},
		{[]string{"serve", file("- workers")}, []string{"callfn.yaml", "[1:1]"}},
		{[]string{"serve", "--body-timeout=1s"}, []string{"--body-timeout 1s", "--header-timeout"}},
		{[]string{"serve", "--listne=x"}, []string{"--listne", `did you mean "--listen"`, "callfn serve --help"}},
	} {
		code, out, errs := program{}.run(t, c.args...)
		for _, want := range c.wants {
			if code != exitUsage || !strings.Contains(errs, want) {
				t.Errorf("callfn %v: got %d %q, want %d and %q", c.args, code, out+errs, exitUsage, want)
			}
		}
	}
}

// TestPrintConfig prints the settings in force as a file that gives the same settings again, without any password.
func TestPrintConfig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "callfn.yaml")
	if err := os.WriteFile(path, []byte("serve: {keep-runs-for: 7d, reset-ui: [https://a.example, https://b.example], "+
		"rate-limit: kazoo}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := program{env: map[string]string{
		"CALLFN_QUEUE":         "9",
		"CALLFN_RESET_WEBHOOK": "https://u:s3cret@hook.example/x?key=s3cret", "CALLFN_COUCH_PASSWORD": "s3cret",
	}}
	first := p.must(t, exitOK, "serve", "--print-config", "--config", path, "--workers=3",
		"--couchdb-url=http://callfn:s3cret@couch:5984", "--trusted-proxy=10.0.0.7,10.1.0.0/16")
	for _, want := range []string{
		"workers: 3 # from the command line", "queue: 9 # from CALLFN_QUEUE", "keep-runs-for: 168h0m0s # from " + path,
		"reset-ui: https://a.example,https://b.example",
		"rate-limit: 100/10", "couchdb-url: http://callfn@couch:5984 # from the command line # without its password",
		"trusted-proxy: 10.0.0.7/32,10.1.0.0/16",
		"reset-webhook: https://u@hook.example/x", "CALLFN_COUCH_PASSWORD is set", "listen: 127.0.0.1:8000\n",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("got %s, want %q in it", first, want)
		}
	}
	if strings.Contains(first, "s3cret") {
		t.Errorf(`a password is printed: got %s, want no "s3cret" in first`, first)
	}
	if err := os.WriteFile(path, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	setenv(t, "CALLFN_RESET_WEBHOOK", "")
	second := program{}.must(t, exitOK, "serve", "--print-config", "--config", path)
	settings := func(text string) (lines []string) {
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, " # ")
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	if a, b := strings.Join(settings(first), "\n"), strings.Join(settings(second), "\n"); a != b {
		t.Errorf("read again: %s\nwant %s", b, a)
	}
}

// TestHelp finds the help of commands, even if a subcommand is missing.
func TestHelp(t *testing.T) {
	for _, c := range []struct {
		code        int
		args        []string
		out, errout string
	}{
		{exitOK, []string{"help"}, "Build and try:", ""},
		{exitOK, []string{"help", "call"}, "Usage: callfn call", ""},
		{exitOK, []string{"help", "functions", "put"}, "Usage: callfn functions put", ""},
		{exitOK, []string{"serve", "--help"}, "Listening:", ""},
		{exitUsage, nil, "", "Usage: callfn <command>"},
		{exitUsage, []string{"functions"}, "", "Usage: callfn functions <command>"},
		{exitUsage, []string{"call"}, "", "callfn call --help"},
		{exitUsage, []string{"help", "dance"}, "", "dance"},
		{exitUsage, []string{"functions", "put"}, "", "callfn functions put --help"},
	} {
		code, out, errs := program{}.run(t, c.args...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errout) {
			t.Errorf("callfn %v: got %d %q %q, want %d %q %q", c.args, code, out, errs, c.code, c.out, c.errout)
		}
	}
	if _, out, _ := (program{}).run(t, "functions", "put", "--help"); strings.Contains(out, "$CALLFN_ID") ||
		!strings.Contains(out, "$CALLFN_SERVER") {
		t.Errorf("help of put: %s, want the environment for settings only", out)
	}
}

// A setting that takes text keeps the file's spelling. One that takes a single value refuses a list.
func TestSettingsAreTakenAsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callfn.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("serve:\n  couch-user: 0123\n  master-account: 1.10\n  workers: 0x10\n  trusted-proxy: [10.0.0.7]\n  " +
		"record-parameters: true\n")
	printed := program{}.must(t, exitOK, "serve", "--print-config", "--config", path)
	for _, want := range []string{
		"couch-user: \"0123\"", "master-account: \"1.10\"", "workers: 16 ",
		"trusted-proxy: 10.0.0.7/32", "record-parameters: true",
	} {
		if !strings.Contains(printed, want) && !strings.Contains(printed, strings.ReplaceAll(want, `"`, "")) {
			t.Errorf("want %s in\n%s", want, printed)
		}
	}
	write("serve: {listen: [127.0.0.1, 8000]}\n")
	if out := (program{}).must(t, exitUsage, "serve", "--print-config", "--config", path); !strings.Contains(out,
		"listen takes one value, not a list") {
		t.Errorf("a list of addresses: %s; want it refused", out)
	}
}
