package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogin logs in as a user with a password, works as that user without any key, and logs out.
func TestLogin(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	master := s.keyed()
	account := anID.FindString(master.must(t, exitOK, "accounts", "create", "acme", "--realm=acme.example"))
	master.stdin = "s3cret\n"
	master.must(t, exitOK, "users", "--account=acme", "create", "ann", "--first-name=Ann", "--last-name=Admin",
		"--priv-level=admin")

	config := t.TempDir()
	p := program{
		env:   map[string]string{"XDG_CONFIG_HOME": config, "CALLFN_API_KEY": "", "CALLFN_SERVER": ""},
		stdin: "s3cret\n",
	}
	must := func(want int, args ...string) string { t.Helper(); return p.must(t, want, args...) }
	if out := must(exitUsage, "accounts", "get"); !strings.Contains(out, "callfn login") {
		t.Errorf("without a login: %s, want to hear of callfn login", out)
	}
	out := must(exitOK, "login", "--server", s.url, "--username=ann", "--account-name=acme")
	file := filepath.Join(config, "callfn", "profiles", "default.json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(out, file) {
		t.Fatalf("the login's file: %v %v, want mode 0600 and to be told in %q", info, err, out)
	}
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "s3cret") {
		t.Errorf("the login's file: %v, want it without the password", err)
	}
	if out := must(exitOK, "accounts", "get"); !strings.Contains(out, account) {
		t.Errorf("as ann: %s, want the account acme", out)
	}
	token := strings.TrimSpace(must(exitOK, "token"))
	must(exitOK, "login", "--server", s.url, "--profile=realm", "--username=ann", "--realm=acme.example")
	must(exitOK, "functions", "--profile=realm", "list")
	p.env["CALLFN_TOKEN"] = token
	if out := must(exitOK, "accounts", "get", "--server", s.url); !strings.Contains(out, account) {
		t.Errorf("with the token: got %s, want %q", out, account)
	}
	delete(p.env, "CALLFN_TOKEN")
	setenv(t, "CALLFN_TOKEN", "")

	for _, c := range []struct {
		want int
		says string
		args []string
	}{
		// its token is sent nowhere else
		{exitUsage, "is for " + s.url, []string{"accounts", "get", "--server=http://127.0.0.1:1"}},
		{exitUsage, "no login is called nosuch: callfn login --profile nosuch", []string{
			"accounts", "get",
			"--profile=nosuch",
		}},
		{exitUsage, "want letters", []string{"accounts", "get", "--profile=../x"}},
		{exitUsage, "--account-name or --realm", []string{"login", "--server", s.url, "--username=ann"}},
		{exitFailed, "not known at " + s.url, []string{
			"login", "--server", s.url, "--username=ann",
			"--account-name=nosuch",
		}},
		{exitFailed, "API key is not known", []string{"login", "--server", s.url, "--api-key=" + strings.Repeat("0", 64)}},
		{exitUnreachable, "callfn serve", []string{"login", "--server=http://127.0.0.1:1", "--api-key=" + testKey}},
	} {
		if out := must(c.want, c.args...); !strings.Contains(out, c.says) {
			t.Errorf("callfn %v: %s, want %q", c.args, out, c.says)
		}
	}
	must(exitOK, "logout")
	if code, _ := send(t, "GET", s.url+"/v2/token_auth", token, ""); code != 401 {
		t.Errorf("the token after logout: %d, want 401", code)
	}
	must(exitUsage, "accounts", "get")
	must(exitOK, "login", "--server", s.url, "--api-key="+testKey)
	must(exitOK, "accounts", "get")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if out := must(exitUsage, "accounts", "get"); !strings.Contains(out, "can be read by others") {
		t.Errorf("a login that others can read: %s, want it refused", out)
	}
}
