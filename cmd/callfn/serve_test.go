package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/service"
)

func TestServeKeepsWhatItStored(t *testing.T) {
	p := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
	s := serve(t, p)
	if code, body := get(t, s.url+"/readyz"); code != 200 {
		t.Errorf("readyz: got %d %s, want code 200", code, body)
	}
	if info, err := os.Stat(s.dataDir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("data directory: got %v %v, want no error, info.Mode().Perm() = 0o700", info.Mode(), err)
	}
	code, out, errs := s.keyed().run(t, "accounts", "create", "acme")
	if code != exitOK || !strings.Contains(out, "acme") {
		t.Fatalf(`got %d %s %s, want code %d, "acme"`, code, out, errs, exitOK)
	}
	if code := s.stop(); code != exitOK {
		t.Fatalf("stop: got %d %s, want code %d", code, s.errs, exitOK)
	}

	// The same data with another key gives a clear error. With the right key, or none, everything is there.
	again := program{env: map[string]string{"CALLFN_MASTER_API_KEY": strings.Repeat("cd", 32)}}
	if code, _, errs := again.run(t, "serve", "--listen=127.0.0.1:0", "--data="+s.dataDir); code != exitFailed ||
		!strings.Contains(errs, "not the one this store was created with") {
		t.Errorf(`another key: got %d %s, want code %d, "not the one this store was created with"`, code, errs, exitFailed)
	}
	t.Setenv("CALLFN_MASTER_API_KEY", "")
	s2 := serve(t, program{}, "--data="+s.dataDir)
	code, out, errs = s2.keyed().run(t, "accounts", "list")
	if code != exitOK || !strings.Contains(out, "acme") {
		t.Errorf(`after a restart: got %d %q %s, want code %d, "acme"`, code, out, errs, exitOK)
	}
}

func TestFirstStartMakesAKey(t *testing.T) {
	s := serve(t, program{})
	file := filepath.Join(s.dataDir, "master-api-key")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v %v, want no error, info.Mode().Perm() = 0o600", info, err)
	}
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(string(key))
	if all := s.out.String() + s.errs.String(); strings.Contains(all, text) || !strings.Contains(all, file) {
		t.Errorf(
			"off a terminal the key's file is named and the key is not shown:\n%s, want no %q in all, %q in all",
			all,
			text,
			file,
		)
	}
	login := program{env: map[string]string{"CALLFN_SERVER": s.url, "CALLFN_API_KEY": text}}
	if code, out, errs := login.run(t, "accounts", "get"); code != exitOK || !strings.Contains(out, "master") {
		t.Errorf(`got %d %s %s, want code %d, "master"`, code, out, errs, exitOK)
	}
}

// The key file is for people to read: an invalid key must not remain in it.
func TestRotationRewritesTheKeyFile(t *testing.T) {
	s := serve(t, program{})
	file := filepath.Join(s.dataDir, service.MasterKeyFile)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	with := func(key []byte) program {
		return program{env: map[string]string{"CALLFN_SERVER": s.url, "CALLFN_API_KEY": strings.TrimSpace(string(key))}}
	}
	if code, out, errs := with(before).run(t, "accounts", "api-key", "--rotate", "--yes"); code != exitOK {
		t.Fatalf("got %v %v %v, want code %d", code, out, errs, exitOK)
	}
	after, err := os.ReadFile(file)
	if err != nil || string(after) == string(before) {
		t.Fatalf("after a rotation: got the old key in master-api-key (%v), want the new one", err)
	}
	if code, _, errs := with(after).run(t, "accounts", "get"); code != exitOK {
		t.Errorf("the key in the file does not log in: got %d %s, want code %d", code, errs, exitOK)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the rewritten file: %v %v; want 0600", info, err)
	}
}

func TestFirstStartAtATerminalShowsTheKey(t *testing.T) {
	s := serve(t, program{terminal: true})
	key, err := os.ReadFile(filepath.Join(s.dataDir, "master-api-key"))
	if err != nil {
		t.Fatal(err)
	}
	out := s.out.String()
	if !strings.Contains(out, "curl -X PUT "+s.url+"/v2/api_auth") ||
		!strings.Contains(out, strings.TrimSpace(string(key))) {
		t.Errorf("got no line to paste, want one:\n%s", out)
	}
}

func TestServeRefusesBadSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		code int
		says string
	}{
		{"short master key", map[string]string{"CALLFN_MASTER_API_KEY": "abc"}, nil, exitUsage, "64 hex digits"},
		{"deadline", nil, []string{"--deadline=6s"}, exitUsage, "between 1ms and 5s"},
		{"memory", nil, []string{"--memory-mib=1"}, exitUsage, "between 4 and 1024"},
		{"address", nil, []string{"--listen=nowhere:99999"}, exitUsage, "--listen"},
		{
			"address without a port", nil,
			[]string{"--listen=localhost"},
			exitUsage,
			"--listen localhost: want an address with a port",
		},
		{"metrics' address", nil, []string{"--metrics-listen=9100"}, exitUsage, "--metrics-listen"},
		{"couch user without a socket", nil, []string{"--couch-user=admin"}, exitUsage, "--couch-user needs --couch-listen"},
		{"couch socket for everybody", nil, []string{"--couch-listen=0.0.0.0:0"}, exitUsage, "without a password"},
		{"unknown flag", nil, []string{"--nope"}, exitUsage, "unknown flag"},
		{"secret", nil, []string{"--secret-key-file=/dev/null"}, exitUsage, "64 hex digits"},
		{
			"secret that is not there", nil,
			[]string{"--secret-key-file=/nowhere/secret.key"},
			exitUsage,
			"/nowhere/secret.key",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d")
			args := append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + dir}, c.args...)
			code, _, errs := program{env: c.env}.run(t, args...)
			if code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("got %d %q, want %d and %q", code, errs, c.code, c.says)
			}
			if _, err := os.Stat(filepath.Join(dir, "node.db")); err == nil && c.name == "short master key" {
				t.Error("want no documents to be made")
			}
		})
	}
}

// A start that cannot succeed ends with the exit code after which systemd does not restart. With a refused password a
// restart would lock the user out of CouchDB. A missing secret is not replaced by one that opens nothing.
func TestServeEndsForGoodOverWrongSecrets(t *testing.T) {
	env := map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword, "CALLFN_MASTER_API_KEY": testKey}
	node := serve(t, program{env: env}, "--couch-listen=127.0.0.1:0", "--couch-user=admin")
	node.keyed().must(t, exitOK, "token") // the first login creates the signing keys at the latest
	start := func(says string, args ...string) {
		t.Helper()
		code, _, errs := program{}.run(t, append([]string{"serve", "--listen=127.0.0.1:0"}, args...)...)
		if code != exitUsage || !strings.Contains(errs, says) {
			t.Errorf("got %d %q, want %d and %q", code, errs, exitUsage, says)
		}
	}
	start("refused the credentials", "--data="+t.TempDir(), "--couchdb-url="+withUser(t, node.couch, "admin", "wrong"))
	node.stop()
	examine := func(says string) {
		t.Helper()
		code, out, errs := program{}.run(t, "doctor", "--data="+node.dataDir)
		if code != exitFailed || !strings.Contains(strings.Join(strings.Fields(out), " "), says) {
			t.Errorf("doctor: got %d %s%s, want %d and %q", code, out, errs, exitFailed, says)
		}
	}
	key := filepath.Join(node.dataDir, "secret.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("ab", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	examine("broken secret key the secret key file is not the one this data was sealed with")
	start("is not the one this data was sealed with", "--data="+node.dataDir)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	start(key+" is missing", "--data="+node.dataDir)
	if _, err := os.Stat(key); err == nil {
		t.Error("got a new secret.key that opens nothing, want none left behind")
	}
	examine("broken secret key")
}

func TestDataDirectoryInUse(t *testing.T) {
	s := serve(t, program{})
	code, _, errs := program{}.run(t, "serve", "--listen=127.0.0.1:0", "--data="+s.dataDir)
	const want = "kv.db: another process has this file open: stop it, or start with another data directory"
	if code != exitFailed || !strings.Contains(errs, want) {
		t.Errorf(`got %d %s, want code %d, %q`, code, errs, exitFailed, want)
	}
}

func TestConfigFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "callfn.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("serve:\n  deadline: 6s\n")
	args := []string{"serve", "--config=" + file, "--data=" + filepath.Join(t.TempDir(), "d")}
	if code, _, errs := (program{}).run(t, args...); code != exitUsage || !strings.Contains(errs, "--deadline 6s") {
		t.Errorf(`the file's setting counts: got %d %s, want code %d, "--deadline 6s"`, code, errs, exitUsage)
	}
	write("memory-mib: 2\n")
	if code, _, errs := (program{}).run(t, args...); code != exitUsage || !strings.Contains(errs, "--memory-mib 2") {
		t.Errorf(`a setting at the top counts: got %d %s, want code %d, "--memory-mib 2"`, code, errs, exitUsage)
	}
	write("serve:\n  deadlin: 1s\n")
	if code, _, errs := (program{}).run(t, args...); code != exitUsage || !strings.Contains(errs, "serve.deadlin") {
		t.Errorf(`a misspelt setting is named: got %d %s, want code %d, "serve.deadlin"`, code, errs, exitUsage)
	}
}

func TestCouchListen(t *testing.T) {
	s := serve(t, program{}, "--couch-listen=127.0.0.1:0")
	for path, want := range map[string]int{"/": 200, "/functions": 200, "/accounts": 403, "/_all_dbs": 403} {
		if code, body := get(t, s.couch+path); code != want && !(want == 403 && code == 401) {
			t.Errorf("%s: %d %s, want %d", path, code, body, want)
		}
	}
	if code, body := send(t, "PUT", s.couch+"/functions/x", "", "{}"); code != 403 ||
		!strings.Contains(body, "--couch-user") {
		t.Errorf("a write without credentials: %d %s, want 403 that names --couch-user", code, body)
	}
	if log := s.errs.String(); !strings.Contains(log, "can read every account's functions") {
		t.Errorf(`the log does not say who can read: got %s, want "can read every account's functions" in log`, log)
	}
}
