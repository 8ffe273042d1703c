package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
)

// couchUnderTest is a CouchDB for one test: a real one if CALLFN_TEST_COUCHDB_URL names it, and always the embedded
// node of another service on its socket. Its databases have a prefix of their own and are removed after the test.
type couchUnderTest struct {
	admin  string // address with an administrator's credentials
	prefix string
	real   bool
	dir    string // of the test, for files with passwords
}

const couchPassword = "s3cret-of-couch"

func eachCouch(t *testing.T, test func(t *testing.T, c couchUnderTest)) {
	t.Run("node", func(t *testing.T) {
		s := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
			"--couch-user=admin")
		test(t, couchUnderTest{admin: withUser(t, s.couch, "admin", couchPassword), prefix: "t_", dir: t.TempDir()})
	})
	t.Run("couchdb", func(t *testing.T) { test(t, realCouch(t)) })
}

// realCouch is the real CouchDB, for what only a real one has: users with few rights.
func realCouch(t *testing.T) couchUnderTest {
	t.Helper()
	address := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if address == "" {
		t.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://admin:password@host:5984 to run this there")
	}
	c := couchUnderTest{admin: strings.TrimSuffix(address, "/"), prefix: uniquePrefix(t), real: true, dir: t.TempDir()}
	t.Cleanup(func() { c.remove(t) })
	return c
}

// uniquePrefix returns a prefix for the names of one test's databases.
func uniquePrefix(t testing.TB) string {
	t.Helper()
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return "t" + id[:10] + "_"
}

func withUser(t testing.TB, address, user, password string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	if password == "" {
		u.User = url.User(user)
	}
	return u.String()
}

func (c couchUnderTest) user() string { return strings.TrimSuffix(c.prefix, "_") + "user" }

// as returns the address with a user name and no password.
func (c couchUnderTest) as(t testing.TB, user string) string { return withUser(t, c.admin, user, "") }

func (c couchUnderTest) connect(t testing.TB) *datastore.Connection {
	t.Helper()
	conn, err := datastore.Open(datastore.Config{URL: c.admin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (c couchUnderTest) remove(t testing.TB) {
	conn, err := datastore.Open(datastore.Config{URL: c.admin})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	datastoretest.Remove(conn, c.prefix)
	users := conn.Database("_users")
	if doc, err := users.Get(context.Background(), "org.couchdb.user:"+c.user()); err == nil {
		_ = users.Delete(context.Background(), doc.ID(), doc.Rev())
	}
}

// secret returns the password that must not appear anywhere.
func (c couchUnderTest) secret() string {
	u, _ := url.Parse(c.admin)
	p, _ := u.User.Password()
	return "admin:" + p + "@"
}

// callWorks stores a function through the API and calls it.
func callWorks(t *testing.T, s *served) {
	t.Helper()
	p := s.keyed()
	p.stdin = "return {module: 'tts', data: {text: 'Hi ' + call['Caller-ID-Name']}}"
	code, out, errs := p.run(t, "functions", "put", "--name", "hi", "-")
	if code != exitOK {
		t.Fatalf("got %v %v %v, want code %d", code, out, errs, exitOK)
	}
	token := login(t, s.url)
	var listing struct{ Data []struct{ ID string } }
	_, body := send(t, "GET", s.url+"/v2/accounts/"+token.account+"/functions", token.token, "")
	if err := json.Unmarshal([]byte(body), &listing); err != nil || len(listing.Data) != 1 {
		t.Fatalf("the probe is no function of anybody's: got %s %v, want no error, len(listing.Data) = 1", body, err)
	}
	flow := `{"data":{"numbers":["1000"],"flow":{"module":"function","data":{"id":"` + listing.Data[0].ID +
		`"},"children":{"_":{"module":"hangup","data":{}}}}}}`
	if code, body := send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/callflows", token.token, flow); code != 201 {
		t.Fatalf("got %v %v, want code 201", code, body)
	}
	if code, out, errs := p.run(t, "call", "--to=1000", "--from=2000", "--caller-id-name=Bob"); code != exitOK ||
		!strings.Contains(out, "Hi Bob") {
		t.Errorf(`call: got %d %s %s, want code %d, "Hi Bob"`, code, out, errs, exitOK)
	}
}

// serve sets up an empty CouchDB with an administrator's credentials, and logs what would be better.
func TestServeSetsUpCouchDBItself(t *testing.T) {
	eachCouch(t, func(t *testing.T, c couchUnderTest) {
		p := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
		s := serve(t, p, "--couchdb-url="+c.admin, "--database-prefix="+c.prefix)
		callWorks(t, s)
		if code, body := get(t, s.url+"/readyz"); code != 200 {
			t.Errorf("readyz: got %d %s, want code 200", code, body)
		}
		if !strings.Contains(s.errs.String(), "callfn couchdb setup") {
			t.Error("got no word about `callfn couchdb setup` in the log, want one where serve is an administrator")
		}
		if _, err := os.Stat(filepath.Join(s.dataDir, "node.db")); err == nil {
			t.Error("got an embedded node in the data directory, want none beside a CouchDB")
		}
		if code := s.stop(); code != exitOK {
			t.Errorf("stop: got %d, want code %d", code, exitOK)
		}
		if all := s.out.String() + s.errs.String(); strings.Contains(all, c.secret()) ||
			strings.Contains(all, couchPassword) {
			t.Errorf("got credentials in the log, want none:\n%s", all)
		}
	})
}

// The recommended way: set up once with an administrator's rights, then serve with few.
func TestSetupThenServeWithFewRights(t *testing.T) {
	c := realCouch(t)
	file := filepath.Join(c.dir, "password")
	setup := []string{
		"couchdb", "setup", "--admin-url=" + c.admin, "--user=" + c.user(), "--password-file=" + file,
		"--database-prefix=" + c.prefix, "--design-doc=ours",
	}
	flags := []string{"--couchdb-url=" + c.as(t, c.user()), "--couchdb-password-file=" + file, "--database-prefix=" +
		c.prefix, "--design-doc=ours"}
	for _, again := range []string{"first", "second"} {
		code, out, errs := program{}.run(t, setup...)
		password, err := os.ReadFile(file)
		if code != exitOK || err != nil {
			t.Fatalf("%s setup: got %d %s %s %v, want code %d, no error", again, code, out, errs, err, exitOK)
		}
		if all := out + errs; strings.Contains(all, strings.TrimSpace(string(password))) ||
			strings.Contains(all, c.secret()) {
			t.Errorf("got a password in the output, want none: %s", all)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("password file: got %v %v, want no error, info.Mode().Perm() = 0o600", info.Mode(), err)
	}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, flags...)
	callWorks(t, s)
	if strings.Contains(s.errs.String(), "administrator") {
		t.Errorf("serve has more rights than it needs:\n%s, want no \"administrator\" in the log", s.errs)
	}

	// A member may not write design documents: a changed one is reported, a missing one refused.
	conn := c.connect(t)
	db := conn.Database(c.prefix + datastore.Functions)
	doc, err := db.Get(t.Context(), "_design/ours")
	if err != nil {
		t.Fatal(err)
	}
	doc["more"] = true
	if doc, err = db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	code, out, errs := program{}.run(t, append([]string{"doctor"}, flags...)...)
	if code != exitOK || !strings.Contains(out, "drifted") || !strings.Contains(out, "needs --admin-url") {
		t.Errorf(
			"doctor on a drifted design document: got %d\n%s%s, want code %d, \"drifted\", \"needs --admin-url\"",
			code,
			out,
			errs,
			exitOK,
		)
	}
	if err := db.Delete(t.Context(), doc.ID(), doc.Rev()); err != nil {
		t.Fatal(err)
	}
	code, out, _ = program{}.run(t, append([]string{"doctor"}, flags...)...)
	if code != exitFailed || !strings.Contains(out, "missing") || !strings.Contains(out, "would NOT work") {
		t.Errorf(
			"doctor without design document: got %d\n%s, want code %d, \"missing\", \"would NOT work\"",
			code,
			out,
			exitFailed,
		)
	}
	code, _, errs = program{}.run(t, append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + t.TempDir()},
		flags...)...)
	if code != exitFailed || !strings.Contains(errs, "callfn couchdb setup") {
		t.Errorf(`serve without design document: got %d %s, want code %d, "callfn couchdb setup"`, code, errs, exitFailed)
	}
}

// Without rights and without databases, serve says which command to run.
func TestServeWithoutRightsOnAnEmptyCouchDB(t *testing.T) {
	eachCouch(t, func(t *testing.T, c couchUnderTest) {
		args := []string{"serve", "--listen=127.0.0.1:0", "--data=" + t.TempDir(), "--couchdb-url=" +
			withUser(t, c.admin, "nobody", "wrong-pass"), "--database-prefix=" + c.prefix}
		code, out, errs := program{}.run(t, args...)
		if code != exitUsage || !strings.Contains(errs, "user name, password") || strings.Contains(out+errs, "wrong-pass") {
			t.Errorf(
				`wrong password: got %d %s, want code %d, "user name, password", no "wrong-pass" in out + errs`,
				code,
				errs,
				exitUsage,
			)
		}
		code, out, errs = program{}.run(t, "doctor", args[3], args[4])
		if code != exitFailed || !strings.Contains(out, "credentials") || strings.Contains(out+errs, "wrong-pass") {
			t.Errorf(
				`doctor: got %d %s %s, want code %d, "credentials", no "wrong-pass" in out + errs`,
				code,
				out,
				errs,
				exitFailed,
			)
		}
		code, out, errs = program{}.run(t, "couchdb", "setup", "--admin-url="+withUser(t, c.admin, "nobody", "wrong-pass"),
			"--password-file="+filepath.Join(t.TempDir(), "p"))
		if code != exitFailed || strings.Contains(out+errs, "wrong-pass") {
			t.Errorf(`setup: got %d %s %s, want code %d, no "wrong-pass" in out + errs`, code, out, errs, exitFailed)
		}
	})
}

func TestDoctorJSON(t *testing.T) {
	eachCouch(t, func(t *testing.T, c couchUnderTest) {
		flags := []string{"doctor", "--json", "--couchdb-url=" + c.admin, "--database-prefix=" + c.prefix}
		if code, out, _ := (program{}).run(t, flags...); code != exitFailed || !strings.Contains(out, `"missing: `) {
			t.Errorf("an empty CouchDB: got %d %s, want code %d, %q", code, out, exitFailed, `"missing: `)
		}
		serve(t, program{}, "--couchdb-url="+c.admin, "--database-prefix="+c.prefix).stop()
		code, out, errs := program{}.run(t, flags...)
		var report struct {
			Works    bool
			Findings []struct{ Site, Check, Status, Says, Fix string }
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitOK || !report.Works {
			t.Fatalf("got %d, error %v, %s%s; want code %d and a report that calls would work", code, err, out, errs, exitOK)
		}
		seen := map[string]string{}
		for _, f := range report.Findings {
			seen[f.Check] = f.Status
			if f.Status == "change" && f.Fix == "" {
				t.Errorf("%s: got no fix, want what to do", f.Check)
			}
		}
		for _, check := range []string{
			"reachable", "version", "clock", "credentials", "databases", "security",
			"design documents", "functions run",
			"request line", "engine", "db_tag", "scrub_json_request", "os_process_timeout", "os_process_limit", "transport",
		} {
			if seen[check] == "" {
				t.Errorf("got nothing about %s, want a finding", check)
			}
			if c.real && seen[check] == "unknown" {
				t.Errorf("%s: got unknown, want an administrator to see it", check)
			}
		}
		if strings.Contains(out+errs, c.secret()) {
			t.Error("got credentials in the report, want none")
		}
	})
}

func TestDoctorUnreachable(t *testing.T) {
	t.Chdir(t.TempDir()) // where no callfn-data is
	code, out, errs := program{}.run(t, "doctor", "--couchdb-url=http://bob:hunter2@127.0.0.1:1")
	if code != exitFailed || !strings.Contains(out, "broken") || !strings.Contains(out, "would NOT work") ||
		strings.Contains(out+errs, "hunter2") {
		t.Errorf(
			`got %d %s %s, want code %d, "broken", "would NOT work", no "hunter2" in out + errs`,
			code,
			out,
			errs,
			exitFailed,
		)
	}
	t.Chdir(t.TempDir()) // without flags doctor examines a data directory here
	if code, _, errs := (program{}).run(t, "doctor"); code != exitUsage || !strings.Contains(errs, "--couchdb-url") {
		t.Errorf(`got %d %s, want code %d, "--couchdb-url"`, code, errs, exitUsage)
	}
}

func TestCouchDBSettingsThatCannotBe(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no address": {[]string{"--couchdb-url=hunter2"}, exitUsage, "http://user@host:5984"},
		"path":       {[]string{"--couchdb-url=http://bob:hunter2@127.0.0.1:1/x"}, exitUsage, "must not have a path"},
		"nobody there": {
			[]string{"--couchdb-url=http://bob:hunter2@127.0.0.1:1", "--couchdb-wait=1s"},
			exitUnreachable,
			"127.0.0.1:1",
		},
		"no CA file": {
			[]string{"--couchdb-url=https://127.0.0.1:1", "--couchdb-ca=/nonexistent"},
			exitUsage,
			"--couchdb-ca",
		},
		"no certificate": {[]string{"--couchdb-url=https://127.0.0.1:1", "--couchdb-ca=" + empty}, exitUsage, "no PEM"},
		"empty password": {
			[]string{"--couchdb-url=http://bob@127.0.0.1:1", "--couchdb-password-file=" + empty},
			exitUsage, "empty",
		},
		"password of nobody": {
			[]string{"--couchdb-url=http://127.0.0.1:1", "--couchdb-password-file=" + empty},
			exitUsage,
			"names no user",
		},
		"nothing to prefix": {[]string{"--database-prefix=x_"}, exitUsage, "need --couchdb-url"},
		"bad prefix": {
			[]string{"--couchdb-url=http://127.0.0.1:1", "--database-prefix=../"},
			exitUsage,
			"lower-case",
		},
		"bad design doc": {[]string{"--couchdb-url=http://127.0.0.1:1", "--design-doc=a/b"}, exitUsage, "plain name"},
		"node and CouchDB": {
			[]string{"--couchdb-url=http://127.0.0.1:1", "--couch-listen=127.0.0.1:0"},
			exitUsage,
			"there is none",
		},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + filepath.Join(t.TempDir(), "d")}, c.args...)
			code, out, errs := program{}.run(t, args...)
			if code != c.code || !strings.Contains(errs, c.says) || strings.Contains(out+errs, "hunter2") {
				t.Errorf("%d %q, want %d and %q", code, out+errs, c.code, c.says)
			}
		})
	}
}
