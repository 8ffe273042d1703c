package main

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// commands returns a function that runs the command line as p and wants an exit code.
func commands(t *testing.T, p *program) func(want int, args ...string) string {
	return func(want int, args ...string) string {
		t.Helper()
		code, out, errs := p.run(t, args...)
		if code != want {
			t.Fatalf("callfn %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, out, errs)
		}
		return out + errs
	}
}

var anID = regexp.MustCompile(`[0-9a-f]{32}`)

func TestAccountsAndUsersFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := commands(t, &p)
	id := anID.FindString(must(exitOK, "accounts", "create", "acme", "--realm=acme.example"))
	key := strings.TrimSpace(must(exitOK, "accounts", "api-key", id))
	if len(key) != 64 || must(exitOK, "accounts", "--account="+id, "api-key") != key+"\n" {
		t.Errorf("got key %q, want 64 hex digits", key)
	}
	if out := must(exitOK, "users", "--account="+id, "list"); !strings.Contains(out, "no users yet") {
		t.Errorf(`empty list: got %s, want "no users yet"`, out)
	}
	p.stdin = "s3cret\n"
	user := anID.FindString(must(exitOK, "users", "--account="+id, "create", "ann", "--first-name=Ann",
		"--last-name=Admin", "--priv-level=admin"))
	for _, args := range [][]string{{"list"}, {"get", user}, {"get", "ann"}} {
		if out := must(exitOK, append([]string{"users", "--account=acme"}, args...)...); !regexp.MustCompile(user +
			` +ann +admin +enabled +Ann Admin`).MatchString(out) {
			t.Errorf("%v: got %s, want ann as an admin who is enabled", args, out)
		}
	}
	sum := md5.Sum([]byte("ann:s3cret"))
	login := func() int {
		code, _ := send(t, "PUT", s.url+"/v2/user_auth", "",
			fmt.Sprintf(`{"data":{"account_name":"acme","credentials":"%s"}}`, hex.EncodeToString(sum[:])))
		return code
	}
	if code := login(); code != 201 {
		t.Errorf("log in: got %d, want code 201", code)
	}
	p.stdin = "new, and longer\n"
	if out := must(exitOK, "users", "--account="+id, "password", user); !strings.Contains(out, user) {
		t.Errorf("new password: got %s, want %q", out, user)
	}
	if code := login(); code != 401 {
		t.Errorf("log in with the old password: got %d, want code 401", code)
	}
	p.stdin = "s3cret\n"
	must(exitOK, "users", "--account="+id, "password", user)
	if code := login(); code != 201 {
		t.Errorf("log in with the newest password: got %d, want code 201", code)
	}
	must(exitFailed, "users", "--account="+id, "create", "ann", "--first-name=A", "--last-name=B") // it exists already
	p.stdin = "\n"
	must(exitUsage, "users", "--account="+id, "create", "eve", "--first-name=A", "--last-name=B")
	must(exitOK, "users", "--account="+id, "delete", "--yes", user)
	if code := login(); code != 401 {
		t.Errorf("log in as a deleted user: got %d, want code 401", code)
	}

	rotated := strings.TrimSpace(must(exitOK, "accounts", "api-key", id, "--rotate", "--yes"))
	if len(rotated) != 64 || rotated == key {
		t.Errorf("rotated: got key %q, want another one of 64 hex digits", rotated)
	}
	if out := must(exitOK, "accounts", "delete", "--yes", id); !strings.Contains(out, "deleted "+id+
		"  acme  acme.example") {
		t.Errorf("delete: got %s, want %q", out, "deleted "+id+" acme acme.example")
	}
	if out := must(exitOK, "accounts", "list"); strings.Contains(out, "acme") {
		t.Errorf(`list: got %s, want no "acme"`, out)
	}
	must(exitFailed, "accounts", "delete", "--yes", id)
}

func TestSigningKeysFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	p.env["XDG_CACHE_HOME"] = t.TempDir()
	must := commands(t, &p)
	token := strings.TrimSpace(must(exitOK, "token"))
	first := anID.FindString(must(exitOK, "signing-keys", "list"))
	second := anID.FindString(must(exitOK, "signing-keys", "rotate"))
	if out := must(exitOK, "signing-keys", "list"); second == first || !regexp.MustCompile(second+` +signs since .*\n`+
		first+` +retired `).MatchString(out) {
		t.Errorf("list: got %s, want the first key, %s, retired, and the second, %s, signing", out, first, second)
	}
	if code, _ := send(t, "GET", s.url+"/v2/token_auth", token, ""); code != 200 {
		t.Errorf("a token after a gentle rotation: got %d, want code 200", code)
	}
	must(exitOK, "signing-keys", "rotate", "--void-tokens", "--yes")
	if code, _ := send(t, "GET", s.url+"/v2/token_auth", token, ""); code != 401 {
		t.Errorf("a token after a rotation that voids it: got %d, want code 401", code)
	}
	if out := must(exitOK, "signing-keys", "list"); strings.Count(out, "\n") != 2 {
		t.Errorf("list: got %s, want 2 times %q", out, "\n")
	}
}

func TestModulesFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := commands(t, &p)
	if out := must(exitOK, "modules", "list"); !strings.Contains(out, "functions") || strings.Contains(out, "stopped") {
		t.Errorf(`list: got %s, want "functions", no "stopped"`, out)
	}
	if out := must(exitOK, "modules", "stop", "cb_functions"); !regexp.MustCompile(`functions +stopped`).MatchString(out) {
		t.Errorf("stop: got %s, want functions stopped", out)
	}
	if out := must(exitFailed, "functions", "list"); !strings.Contains(out, "404 not_found") {
		t.Errorf(`a stopped module: got %s, want "404 not_found"`, out)
	}
	s.stop() // it is still disabled after a restart
	s = serve(t, program{}, "--data="+s.dataDir)
	p = s.keyed()
	must(exitFailed, "functions", "list")
	must(exitOK, "modules", "start", "functions")
	must(exitOK, "functions", "list")
	if out := must(exitOK, "modules", "stop", "functions", "--this-instance"); !strings.Contains(out, "until it ends") {
		t.Errorf(`stop here: got %s, want "until it ends"`, out)
	}
	must(exitFailed, "modules", "stop", "modules")
}

// One login serves many commands. A token that the server refuses is dropped.
func TestTokenIsKept(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	dir := t.TempDir()
	p.env["XDG_CACHE_HOME"] = dir
	must := commands(t, &p)
	token := strings.TrimSpace(must(exitOK, "token"))
	if code, body := send(t, "GET", s.url+"/v2/token_auth", token, ""); code != 200 {
		t.Fatalf("got %v %v, want code 200", code, body)
	}
	if again := strings.TrimSpace(must(exitOK, "token")); again != token {
		t.Error("got a second login, want the token of the first command used")
	}
	files, err := filepath.Glob(filepath.Join(dir, "callfn", "tokens", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got files %v, %v, want one", files, err)
	}
	file := files[0]
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want no error, info.Mode().Perm() = 0o600", info.Mode(), err)
	}
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), testKey) {
		t.Errorf("the key is in the cache, or %v, want no error, no %q in string(text)", err, testKey)
	}

	if code, body := send(t, "DELETE", s.url+"/v2/token_auth", token, ""); code != 200 {
		t.Fatalf("got %v %v, want code 200", code, body)
	}
	must(exitOK, "accounts", "create", "acme") // the invalid token is noticed, and the request repeated
	fresh := strings.TrimSpace(must(exitOK, "token"))
	if fresh == token {
		t.Error("got the dead token, want a fresh one")
	}
	if out := must(exitOK, "token", "--json"); !strings.Contains(out, fresh) || !strings.Contains(out, `"expires":"20`) {
		t.Errorf("as JSON: got %s, want %q, %q", out, fresh, `"expires":"20`)
	}
	// Another key has another token. A wrong key has none and leaves no file.
	p.env["CALLFN_API_KEY"] = strings.Repeat("0", 64)
	must(exitFailed, "token")
	p.env["CALLFN_API_KEY"] = testKey
	// A file that others can read is not used.
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if other := strings.TrimSpace(must(exitOK, "token")); other == fresh {
		t.Error("got the token of a file that others can read, want it left alone")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want no error, info.Mode().Perm() = 0o600", info.Mode(), err)
	}
}

func TestTokenCacheExpires(t *testing.T) {
	now := time.Date(2024, 3, 12, 10, 0, 0, 0, time.UTC)
	c := newTokenCache(func(k string) string { return map[string]string{"HOME": t.TempDir()}[k] }, "http://x", "k")
	c.now = func() time.Time { return now }
	if _, ok := c.load(); ok {
		t.Error("got a token from an empty cache, want none")
	}
	c.save(cachedToken{Token: "t", AccountID: "a", Expires: now.Add(2 * time.Minute)})
	if got, ok := c.load(); !ok || got.Token != "t" {
		t.Errorf("got %v, %v, want the token that was stored", got, ok)
	}
	now = now.Add(61 * time.Second)
	if _, ok := c.load(); ok {
		t.Error("got a token about to expire, want none")
	}
	for _, damaged := range []string{"", "{", `{"token":""}`, `[]`} {
		if err := os.WriteFile(c.file, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := c.load(); ok {
			t.Errorf("got a token from the damaged file %q, want none", damaged)
		}
	}
	for _, token := range []string{"", "a.b.c", "a.e30.c", "a.eyJleHAiOi0xfQ.c"} {
		if !expiry(token).IsZero() {
			t.Errorf("%q: got expiry %v, want none", token, expiry(token))
		}
	}
	if none := newTokenCache(func(string) string { return "" }, "http://x", "k"); none.file != "" {
		t.Errorf("got a cache at %q, want none without a home", none.file)
	}
}

func TestRateLimitFlag(t *testing.T) {
	for text, want := range map[string]rateLimit{
		"off": {PerSecond: -1}, "kazoo": {PerSecond: 10, Burst: 100}, "2000/500": {PerSecond: 500, Burst: 2000},
		"1/0.5": {PerSecond: 0.5, Burst: 1},
	} {
		var got rateLimit
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want no error, %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "10", "0/1", "1/0", "-1/1", "1/-1", "x/y", "1/NaN", "1/Inf", "1/1/1"} {
		if err := new(rateLimit).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got no error, want one", text)
		}
	}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--rate-limit=3/0.01")
	codes := map[int]int{}
	for range 5 {
		code, _ := get(t, s.url+"/v2/functions")
		codes[code]++
	}
	if codes[http.StatusOK] != 3 || codes[http.StatusTooManyRequests] != 2 {
		t.Errorf("got codes %v, want the second request refused with 429", codes)
	}
	if code, _, errs := (program{}).run(t, "serve", "--rate-limit=fast", "--data="+t.TempDir()); code != exitUsage ||
		!strings.Contains(errs, "BURST/PER_SECOND") {
		t.Errorf(`got %d %s, want code %d, "BURST/PER_SECOND"`, code, errs, exitUsage)
	}
}
