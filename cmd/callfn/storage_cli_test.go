package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
)

// A plan that is stored through one process takes effect in every other that shares the CouchDB, within a second and
// without a restart. The same holds for edited settings of a connection. A process that starts later uses it too.
func TestStoragePlanReachesEveryProcess(t *testing.T) {
	main := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
		"--couch-user=admin")
	flags := []string{"--couchdb-url=" + withUser(t, main.couch, "admin", couchPassword), "--database-prefix=" +
		uniquePrefix(t)}
	env := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
	one := serve(t, env, flags...)
	secret := "--secret-key-file=" + filepath.Join(one.dataDir, "secret.key")
	two := serve(t, env, append(flags, secret)...)
	p := startPlace(t, "node")
	apply := planFile(t, "../../storage-plans/functions-apart.json", p)

	at := func(s *served) string {
		token := login(t, s.url)
		_, body := send(t, "GET", s.url+"/v2/storage", token.token, "")
		var answer struct{ Data planDoc }
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatalf("got %v %v, want no error", body, err)
		}
		return answer.Data.ReadOnly.Databases["functions"].Address
	}
	follows := func(what, address string) {
		t.Helper()
		begun := time.Now()
		await.True(t, what, func() bool { return at(two) == address })
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%s: got it after %s, want less", what, took)
		}
	}
	if code, out, errs := one.keyed().run(t, apply...); code != exitOK {
		t.Fatalf("got %v %v %v, want code %d", code, out, errs, exitOK)
	}
	follows("the plan in the other process", p.address)
	callWorks(t, two)

	byName := strings.Replace(p.address, "127.0.0.1", "localhost", 1)
	text, err := os.ReadFile(apply[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(apply[2], []byte(strings.Replace(string(text), "127.0.0.1", "localhost", 1)),
		0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := one.keyed().run(t, apply...)
	if code != exitOK || !strings.Contains(out, `settings.ip: "127.0.0.1" -> "localhost"`) {
		t.Fatalf("got %v %v %v, want code %d, %q", code, out, errs, exitOK, `settings.ip: "127.0.0.1" -> "localhost"`)
	}
	follows("edited settings in the other process", byName)
	if code, out, _ := two.keyed().run(t, "call", "--to=1000", "--from=2000", "--caller-id-name=Bob"); code != exitOK ||
		!strings.Contains(out, "Hi Bob") {
		t.Errorf(`a call afterwards: got %d %s, want code %d, "Hi Bob"`, code, out, exitOK)
	}

	three := serve(t, env, append(flags, secret)...)
	if at(three) != byName || !strings.Contains(three.errs.String(), byName) {
		t.Errorf(
			"a process that starts now has functions at %s, and its log says:\n%s, want them at %v and %q in the log",
			at(three),
			three.errs,
			byName,
			byName,
		)
	}
	if all := one.errs.String() + two.errs.String() + three.errs.String() + out + errs; strings.Contains(all, p.password) {
		t.Error("got the password of the plan's connection in the log, want no secret there")
	}
}

// The doctor also examines what the storage plan names. It needs the secret for the passwords there.
func TestDoctorExaminesTheStoragePlan(t *testing.T) {
	main := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
		"--couch-user=admin")
	flags := []string{"--couchdb-url=" + withUser(t, main.couch, "admin", couchPassword), "--database-prefix=" +
		uniquePrefix(t)}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, flags...)
	p := startPlace(t, "node")
	if code, out, errs := s.keyed().run(t, planFile(t, "../../storage-plans/functions-apart.json", p)...); code != exitOK {
		t.Fatalf("got %v %v %v, want code %d", code, out, errs, exitOK)
	}
	doctor := append([]string{"doctor"}, flags...)
	code, out, errs := program{}.run(t, append(doctor, "--data="+s.dataDir)...)
	if code != exitOK || !strings.Contains(out, "CouchDB at "+p.address) || strings.Contains(out+errs, p.password) {
		t.Errorf(
			"doctor: got %d %s%s, want code %d, %q, no %q in out + errs",
			code,
			out,
			errs,
			exitOK,
			"CouchDB at "+p.address,
			p.password,
		)
	}
	if main, _, _ := strings.Cut(out, "storage plan\n"); strings.Contains(main, "functions run") {
		t.Errorf("functions are not run by the main CouchDB any more:\n%s, want no \"functions run\" in main", main)
	}
	nowhere := t.TempDir()
	code, out, _ = program{}.run(t, append(doctor, "--data="+nowhere)...)
	if code != exitOK || !strings.Contains(out, "--secret-key-file") || strings.Contains(out, "CouchDB at "+p.address) {
		t.Errorf(
			`doctor without the secret: got %d %s, want code %d, "--secret-key-file", no %q`,
			code,
			out,
			exitOK,
			"CouchDB at "+p.address,
		)
	}
	if left, _ := os.ReadDir(nowhere); len(left) > 0 {
		t.Errorf("got %v, want the doctor to make no files", left)
	}
}

// The doctor of the embedded node examines the CouchDBs of a plan that is stored there, and fails if the functions'
// CouchDB does not answer.
func TestDoctorOfTheEmbeddedNodeExaminesTheStoragePlan(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	away := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
		"--couch-user=admin")
	p := place{address: away.couch, user: "admin", password: couchPassword}
	if code, out, errs := s.keyed().run(t, planFile(t, "../../storage-plans/functions-apart.json", p)...); code != exitOK {
		t.Fatalf("got %v %v %v, want code %d", code, out, errs, exitOK)
	}
	doctor := func(code int, flag string, wants ...string) {
		t.Helper()
		got, out, errs := program{}.run(t, "doctor", "--data="+s.dataDir, flag)
		for _, want := range wants {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("want %q in\n%s%s", want, out, errs)
			}
		}
		if got != code || strings.Contains(out+errs, couchPassword) {
			t.Errorf("exit code %d; want %d, and no password\n%s%s", got, code, out, errs)
		}
	}
	doctor(exitOK, "--runner=show", "unknown storage plan", "`callfn storage check` asks the service", "Calls would work.")
	s.stop()
	doctor(exitOK, "--runner=show", "CouchDB at "+away.couch, "ok functions run", "Calls would work.")
	doctor(exitOK, "--runner=direct", "CouchDB at "+away.couch, "ok functions run", "Calls would work.")
	away.stop()
	doctor(exitFailed, "--runner=show", "CouchDB at "+away.couch+" broken reachable", "Calls would NOT work.")
}

func TestStorageCommandsThatCannotBe(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	const uuid = "9ee5860b4d717907dfc63274af0d06e9"
	plan := write("plan.json", `{"data":{"connections":{"`+uuid+
		`":{"driver":"kazoo_couch","settings":{"ip":"127.0.0.1","port":1,
		"credentials":{"username":"u","password":"********"}}}},
		"plan":{"aggregate":{"connection":"`+uuid+`","database":{"names":["functions"]}}}}}`)
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no file":            {[]string{"/nonexistent"}, exitUsage, "no such file"},
		"no JSON":            {[]string{write("text", "x")}, exitUsage, "no JSON"},
		"no plan":            {[]string{write("other", `{"functions":[]}`)}, exitUsage, "neither plan nor connections"},
		"password of nobody": {[]string{plan, "--connection-password-file=x=" + plan}, exitUsage, `no connection "x"`},
		"no password file": {
			[]string{plan, "--connection-password-file=" + uuid + "=/nonexistent"},
			exitUsage,
			"no such file",
		},
		"no CA file": {
			[]string{plan, "--connection-ca-file=" + uuid + "=/nonexistent"},
			exitUsage,
			"no such file",
		},
		"password never sent": {[]string{plan}, exitFailed, "--connection-password-file " + uuid + "="},
		"nobody there": {
			[]string{plan, "--connection-password-file=" + uuid + "=" + write("password", "hunter2")},
			exitFailed, "settings.ip: no CouchDB answers at http://127.0.0.1:1",
		},
		"nobody there, dry run": {[]string{plan, "--dry-run", "--connection-password-file=" + uuid + "=" +
			write("password", "hunter2")}, exitFailed, "settings.ip: no CouchDB answers at http://127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := s.keyed().run(t, append([]string{"storage", "apply"}, c.args...)...)
			if code != c.code || !strings.Contains(errs, c.says) || strings.Contains(out+errs, "hunter2") {
				t.Errorf("%d %s%s, want %d and %q", code, out, errs, c.code, c.says)
			}
		})
	}
	if code, out, errs := s.keyed().run(t, "storage", "get"); code != exitOK || strings.Contains(out, uuid) {
		t.Errorf("something was stored: got %d %s%s, want code %d, no %q", code, out, errs, exitOK, uuid)
	}
	// What is read can be applied.
	_, text, _ := s.keyed().run(t, "storage", "get", "--json")
	if code, out, errs := s.keyed().run(t, "storage", "apply", write("same.json", text)); code != exitOK ||
		!strings.Contains(out, "The plan is as it was.") {
		t.Errorf(`apply of what get gives: got %d %s%s, want code %d, "The plan is as it was."`, code, out, errs, exitOK)
	}
	if code, out, errs := s.keyed().run(t, "storage", "check", "--json"); code != exitOK ||
		!strings.Contains(out, `"works": true`) {
		t.Errorf("check: got %d %s%s, want code %d, %q", code, out, errs, exitOK, `"works": true`)
	}
}

// The flag --functions-couchdb-url acts as the plan if none is stored. It is shown as a plan, a stored plan moves what
// the flag separated, and then the flag can be removed.
func TestFunctionsFlagIsTheDefaultPlan(t *testing.T) {
	couch := func() string {
		s := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
			"--couch-user=admin")
		return withUser(t, s.couch, "admin", couchPassword)
	}
	env := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
	main := []string{"--couchdb-url=" + couch(), "--database-prefix=" + uniquePrefix(t)}
	apart := append(main, "--functions-couchdb-url="+couch())
	s := serve(t, env, apart...)
	callWorks(t, s)
	calls := func(s *served) {
		t.Helper()
		if code, out, errs := s.keyed().run(t, "call", "--to=1000", "--from=2000", "--caller-id-name=Bob"); code != exitOK ||
			!strings.Contains(out, "Hi Bob") {
			t.Fatalf(`call: got %d %s%s, want code %d, "Hi Bob"`, code, out, errs, exitOK)
		}
	}
	if _, out, _ := s.keyed().run(t, "storage", "get"); len(regexp.MustCompile(`  functions +http`).FindAllString(out,
		-1)) != 2 {
		t.Errorf("storage get: got %s, want two databases of functions at the flag's address", out)
	}
	// The shown plan can be stored and changes nothing.
	file := filepath.Join(t.TempDir(), "plan.json")
	_, text, _ := s.keyed().run(t, "storage", "get", "--json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := s.keyed().run(t, "storage", "apply", file); code != exitOK ||
		!strings.Contains(out, "The plan is as it was.") {
		t.Errorf(`the default plan: got %d %s%s, want code %d, "The plan is as it was."`, code, out, errs, exitOK)
	}

	p := startPlace(t, "node")
	if code, out, errs := s.keyed().run(t, planFile(t, "../../storage-plans/functions-apart.json",
		p)...); code != exitOK || !strings.Contains(out, "functions is on") {
		t.Fatalf(`got %v %v %v, want code %d, "functions is on"`, code, out, errs, exitOK)
	}
	calls(s)
	if code, out, errs := s.keyed().run(t, "storage", "finish", "--yes"); code != exitOK {
		t.Fatalf("got %v %v %v, want code %d", code, out, errs, exitOK)
	}
	secret := "--secret-key-file=" + filepath.Join(s.dataDir, "secret.key")
	s.stop()
	s = serve(t, env, append(main, secret)...)
	calls(s)
	if _, out, _ := s.keyed().run(t, "storage", "get"); strings.Contains(out, "on functions") ||
		strings.Count(out, p.address) != 2 {
		t.Errorf(`without the flag: got %s, want no "on functions", 2 times %q`, out, p.address)
	}
}
