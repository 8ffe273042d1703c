package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestEnvironmentGivesSettingsOnly checks every flag of every command. Apart from the services' own settings, the
// environment selects the service and the login, and nothing else. No flag that selects, names, replaces or deletes
// something is among them.
func TestEnvironmentGivesSettingsOnly(t *testing.T) {
	parser, err := newParser(&cli{}, environment{}.guarded())
	if err != nil {
		t.Fatal(err)
	}
	client := []string{
		"CALLFN_SERVER", "CALLFN_API_KEY", "CALLFN_ACCOUNT", "CALLFN_TOKEN", "CALLFN_PROFILE",
		"CALLFN_JSON", "CALLFN_CONFIG", "CALLFN_SHOW_URL",
	}
	flags := 0
	eachFlag(parser.Model.Node, func(node *kong.Node, flag *kong.Flag) {
		flags++
		command := strings.TrimPrefix(node.FullPath(), "callfn ")
		for _, name := range flag.Envs {
			if !slices.Contains(services, command) && !slices.Contains(client, name) {
				t.Errorf("callfn %s --%s is read from %s: want the command line alone to say it", command, flag.Name, name)
			}
		}
		if slices.Contains(services, command) && len(flag.Envs) == 0 && flag.Name != "print-config" {
			t.Errorf("callfn %s --%s has no environment variable: want CALLFN_…", command, flag.Name)
		}
	})
	if flags < 100 {
		t.Errorf("%d flags were looked at, want all", flags)
	}
}

// TestEnvironmentReplacesNothing stores a function while the environment has the id of another one.
func TestEnvironmentReplacesNothing(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey, "CALLFN_LISTN": "127.0.0.1:1"}})
	if log := s.errs.String(); !strings.Contains(log,
		`"cause":"CALLFN_LISTN is no setting, did you mean CALLFN_LISTEN?"`) {
		t.Errorf("the service's log: %s, want a warning about CALLFN_LISTN", log)
	}
	p := s.keyed()
	p.stdin = "return {module: 'hangup'};"
	id := anID.FindString(p.must(t, exitOK, "functions", "put", "--name=first", "-"))
	p.env["CALLFN_ID"] = id
	if out := p.must(t, exitOK, "functions", "put", "--name=second", "-"); !strings.Contains(out, "stored") ||
		strings.Contains(out, id) {
		t.Errorf("with CALLFN_ID: %s, want another function stored", out)
	}
	if out := p.must(t, exitOK, "functions", "list"); !strings.Contains(out, "first") ||
		!strings.Contains(out, "CALLFN_ID is not read from the environment") {
		t.Errorf("list: %s, want the first function and a warning about CALLFN_ID", out)
	}
	p.env["CALLFN_ROTATE"], p.env["CALLFN_YES"] = "true", "true"
	key := p.must(t, exitOK, "accounts", "api-key")
	if !strings.HasPrefix(key, testKey) {
		t.Errorf("with CALLFN_ROTATE: %s, want the key as it was", key)
	}
	p.env["CALLFN_ACOUNT"] = "x"
	if out := p.must(t, exitOK, "functions", "list"); !strings.Contains(out,
		"CALLFN_ACOUNT is no setting, did you mean CALLFN_ACCOUNT?") {
		t.Errorf("with CALLFN_ACOUNT: %s, want a warning", out)
	}
}
