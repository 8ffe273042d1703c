package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/datastore/faultproxy"
	"callfn/internal/sandbox/sandboxtest"
)

// copyState is what /readyz shows of the copy.
type copyState struct {
	Following, Complete bool
	Age                 *int64 `json:"age_seconds"`
}

func readCopyState(t *testing.T, s *served) copyState {
	t.Helper()
	code, body := get(t, s.url+"/readyz?for=calls")
	var ready struct {
		Data struct {
			Ready bool
			Copy  copyState `json:"functions_copy"`
		}
	}
	if err := json.Unmarshal([]byte(body), &ready); err != nil || code != 200 || !ready.Data.Ready {
		t.Fatalf("got %d %s, %v, want the state of the copy", code, body, err)
	}
	return ready.Data.Copy
}

// onlyFunction returns the id of the account's only function.
func onlyFunction(t *testing.T, s *served, token session) string {
	t.Helper()
	var listing struct{ Data []struct{ ID string } }
	_, body := send(t, "GET", s.url+"/v2/accounts/"+token.account+"/functions", token.token, "")
	if err := json.Unmarshal([]byte(body), &listing); err != nil || len(listing.Data) != 1 {
		t.Fatalf("got %v %v, want no error, len(listing.Data) = 1", body, err)
	}
	return listing.Data[0].ID
}

// rehearse calls 1000 and returns the trace.
func rehearse(t *testing.T, s *served, token session) string {
	t.Helper()
	code, body := send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/simulations", token.token,
		`{"data":{"To":"1000","From":"2000"}}`)
	if code/100 != 2 {
		t.Fatalf("got %v %v, want code / 100 = 2", code, body)
	}
	return body
}

func gives(outcome string) func(string) bool {
	return func(trace string) bool { return strings.Contains(trace, `"outcome":"`+outcome+`"`) }
}

// With the direct runner, stored functions run, changed ones run as changed, and disabled or deleted ones do not run.
// This holds on the embedded node, and on a CouchDB that cannot run functions.
func TestDirectRunner(t *testing.T) {
	try := func(t *testing.T, flags ...string) {
		s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, append(flags, "--runner=direct")...)
		callWorks(t, s)
		await.True(t, "the copy", func() bool {
			c := readCopyState(t, s)
			return c.Following && c.Complete && c.Age != nil &&
				*c.Age < 5
		})
		token := login(t, s.url)
		function := s.url + "/v2/accounts/" + token.account + "/functions/" + onlyFunction(t, s, token)
		for _, step := range []struct {
			method, body string
			then         func(string) bool
		}{
			{"PATCH", `{"data":{"function_js":"throw 'new'"}}`, gives("threw")},
			{"PATCH", `{"data":{"enabled":false}}`, gives("disabled")},
			{"PATCH", `{"data":{"enabled":true,"function_js":"return {module: 'noop'}"}}`, gives("ok")},
			{"DELETE", ``, gives("not_found")},
		} {
			if code, body := send(t, step.method, function, token.token, step.body); code != 200 {
				t.Fatalf("got %v %v, want code 200", code, body)
			}
			if trace := rehearse(t, s, token); !step.then(trace) {
				t.Errorf("after %s %s: got %s, want the outcome of that step", step.method, step.body, trace)
			}
		}
		if code, body := send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/functions", token.token,
			`{"data":{"name":"new","function_js":"var a; a ??= 1"}}`); code != 201 || strings.Contains(body, "does not know") {
			t.Errorf(`warned of syntax that the engine knows: got %d %s, want code 201, no "does not know"`, code, body)
		}
		info, err := os.Stat(filepath.Join(s.dataDir, "functions-copy.db"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("got %v %v, want no error, info.Mode().Perm() = 0o600", info, err)
		}
		if code := s.stop(); code != exitOK {
			t.Errorf("got %v, want code %d", code, exitOK)
		}
	}
	t.Run("embedded", func(t *testing.T) { noLeaks(t); try(t) })
	t.Run("embedded, query server of another", func(t *testing.T) {
		noLeaks(t)
		try(t, "--queryserver-command="+
			testQueryServer(t))
	})
	eachCouch(t, func(t *testing.T, c couchUnderTest) { try(t, "--couchdb-url="+c.admin, "--database-prefix="+c.prefix) })
	t.Run("query server of another", func(t *testing.T) {
		_, address := behind(t)
		try(t, "--couchdb-url="+address, "--database-prefix=t_", "--queryserver-command="+testQueryServer(t))
	})
}

// testQueryServer returns `callfn queryserver` as a command: of this binary, or under the race detector of one that is
// built without it.
func testQueryServer(t *testing.T) string {
	t.Helper()
	if sandboxtest.RaceDetector {
		built := filepath.Join(t.TempDir(), "callfn")
		if out, err := exec.Command("go", "build", "-o", built, "callfn/cmd/callfn").CombinedOutput(); err != nil {
			t.Fatalf("build a query server: got %v\n%s, want no error", err, out)
		}
		return built + " queryserver"
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self + " queryserver"
}

// TestDirectOnStockCouchjs runs a stock couchjs through the front door.
func TestDirectOnStockCouchjs(t *testing.T) {
	command := os.Getenv("CALLFN_TEST_COUCHJS")
	if command == "" {
		t.Skip("no couchjs: set CALLFN_TEST_COUCHJS='/opt/couchdb/bin/couchjs --eval /opt/couchdb/share/server/main.js' to " +
			"run this there")
	}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--runner=direct",
		"--queryserver-command="+command)
	callWorks(t, s)
	token := login(t, s.url)
	function := s.url + "/v2/accounts/" + token.account + "/functions/" + onlyFunction(t, s, token)
	if !strings.Contains(command, "mainjs") { // SpiderMonkey 78 and 102 do not parse static blocks or newer syntax
		code, body := send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/functions", token.token,
			`{"data":{"name":"new","function_js":"/a/v; return {module: 'noop'}"}}`)
		if code != 201 || !strings.Contains(body, "does not know") {
			t.Errorf(`not warned of syntax that couchjs lacks: got %d %s, want code 201, "does not know"`, code, body)
		}
	}
	for source, outcomes := range map[string]string{
		"while (true) {}": "timeout", "throw new Error('x')": "threw", "return": "no_flow", "return {module: 'noop'}": "ok",
		"return 1": "invalid_flow",
		// depends on the engine and its version
		"var s = 'x'; while (true) { s += s }":       "threw timeout crashed memory",
		"function f() { return f() + 1 } return f()": "threw crashed",
	} {
		if code, body := send(t, "PATCH", function, token.token, `{"data":{"function_js":"`+source+`"}}`); code != 200 {
			t.Fatalf("got %v %v, want code 200", code, body)
		}
		if trace := rehearse(t, s, token); !slices.ContainsFunc(strings.Fields(outcomes),
			func(o string) bool { return gives(o)(trace) }) {
			t.Errorf("%s: %s, want %s", source, trace, outcomes)
		}
		if code, body := send(t, "PATCH", function, token.token,
			`{"data":{"function_js":"return {module: 'noop'}"}}`); code != 200 {
			t.Fatalf("got %v %v, want code 200", code, body)
		}
		if trace := rehearse(t, s, token); !gives("ok")(trace) {
			t.Errorf("after %s: got %s, want ok", source, trace)
		}
	}
}

// While their CouchDB is down, functions still run from the copy, and the service tells its age. Changes take effect
// within a second of the return.
func TestDirectThroughFaults(t *testing.T) {
	noLeaks(t)
	p, address := behind(t)
	_, main := behind(t)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couchdb-url="+main,
		"--functions-couchdb-url="+address,
		"--database-prefix=t_", "--runner=direct")
	callWorks(t, s)
	token := login(t, s.url)
	id := onlyFunction(t, s, token)
	function := s.url + "/v2/accounts/" + token.account + "/functions/" + id
	await.True(t, "the copy", func() bool { return readCopyState(t, s).Following })
	real := realCalls(t, s, id)
	for _, f := range couchFaults {
		t.Run(f.name, func(t *testing.T) {
			p.Set(f.fault)
			await.True(t, "knowing of it", func() bool { return !readCopyState(t, s).Following })
			for range 3 {
				begun := time.Now()
				if trace := rehearse(t, s, token); !gives("ok")(trace) || time.Since(begun) > 3*time.Second {
					t.Errorf("after %s: got %s, want the function to run from the copy", time.Since(begun), trace)
				}
			}
			begun := time.Now()
			if code, body := get(t, real); code != 200 || !strings.Contains(body, "Hi Alice") ||
				time.Since(begun) > 2*time.Second {
				t.Errorf("a real call, after %s: got %d %s, want its flow", time.Since(begun), code, body)
			}
			if c := readCopyState(t, s); c.Age == nil || !c.Complete {
				t.Errorf("got the copy %+v, want it complete, with its age", c)
			}
			p.Set(faultproxy.Pass)
			await.True(t, "recovery", func() bool {
				code, _ := send(t, "PATCH", function, token.token, `{"data":{"enabled":false}}`)
				return code == 200
			})
			if trace := rehearse(t, s, token); !gives("disabled")(trace) {
				t.Errorf("got %s, want disabled", trace)
			}
			await.True(t, "real calls to be refused", func() bool {
				code, body := get(t, real)
				return code == 409 &&
					strings.Contains(body, "disabled")
			})
			if code, body := send(t, "PATCH", function, token.token, `{"data":{"enabled":true}}`); code != 200 {
				t.Fatalf("got %v %v, want code 200", code, body)
			}
			await.True(t, "the copy", func() bool { return readCopyState(t, s).Following })
			await.True(t, "real calls", func() bool { code, _ := get(t, real); return code == 200 })
		})
	}
	// Without faults, a disabled function stops running in calls within a second.
	for _, enabled := range []string{"false", "true", "false"} {
		if code, body := send(t, "PATCH", function, token.token, `{"data":{"enabled":`+enabled+`}}`); code != 200 {
			t.Fatalf("got %v %v, want code 200", code, body)
		}
		begun := time.Now()
		await.True(t, "enabled="+enabled, func() bool {
			code, _ := get(t, real)
			return (code == 200) == (enabled == "true")
		})
		if took := time.Since(begun); took > time.Second {
			t.Errorf("enabled=%s: got it in effect after %s, want less", enabled, took)
		}
	}
	if log := s.errs.String(); !strings.Contains(log, "using the local copy as it is: changes do not arrive") ||
		!strings.Contains(log, `"age_ms"`) || !strings.Contains(log, "caught up with the database") {
		t.Error("got a log without the outage and the age of the copy, want both")
	}
}

// realCalls creates a key for calls that run the function, and returns the address that KAZOO would fetch.
func realCalls(t *testing.T, s *served, function string) string {
	t.Helper()
	code, out, errs := s.keyed().run(t, "pivot", "create", "--function="+function)
	line, _, _ := strings.Cut(out, "\n")
	_, path, found := strings.Cut(line, "/v2/")
	if code != exitOK || !found {
		t.Fatalf("got %d %s %s, want code %d and an address below /v2/", code, out, errs, exitOK)
	}
	return s.url + "/v2/" + path + "&Call-ID=call-1&To=1000&Caller-ID-Name=Alice"
}

// A service that restarts while the functions' CouchDB is down runs them from its copy. It sets up the CouchDB when
// that is back.
func TestDirectRestartsThroughOutage(t *testing.T) {
	noLeaks(t)
	p, address := behind(t)
	_, main := behind(t)
	data := filepath.Join(t.TempDir(), "data")
	flags := []string{
		"--couchdb-url=" + main, "--functions-couchdb-url=" + address, "--database-prefix=t_",
		"--runner=direct", "--data=" + data,
	}
	with := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
	s := serve(t, with, flags...)
	callWorks(t, s)
	await.True(t, "the copy", func() bool { return readCopyState(t, s).Following })
	s.stop()
	p.Set(faultproxy.Refuse)
	s = serve(t, with, flags...)
	token := login(t, s.url)
	if trace := rehearse(t, s, token); !gives("ok")(trace) {
		t.Errorf("got %s, want ok", trace)
	}
	if c := readCopyState(t, s); c.Following || !c.Complete {
		t.Errorf("got the copy %+v, want it complete and not following", c)
	}
	p.Set(faultproxy.Pass)
	await.True(t, "following again", func() bool { return readCopyState(t, s).Following })
	await.True(t, "the API", func() bool {
		code, _ := send(t, "GET", s.url+"/v2/accounts/"+token.account+"/functions", token.token, "")
		return code == 200
	})
	await.True(t, "setting up", func() bool {
		return strings.Contains(s.errs.String(), "CouchDB is back and holds what the service needs")
	})
}

func TestDirectSettingsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a command without direct": {[]string{"--queryserver-command=couchjs"}, "needs --runner direct"},
		"no such command": {
			[]string{"--runner=direct", "--queryserver-command=/nonexistent/couchjs main.js"},
			"/nonexistent/couchjs",
		},
		"no query server": {[]string{"--runner=direct", "--queryserver-command=cat"}, "true is wanted"},
		"no such runner":  {[]string{"--runner=lambda"}, "show"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + filepath.Join(t.TempDir(), "d")}, c.args...)
			code, _, errs := program{}.run(t, args...)
			if code != exitUsage || !strings.Contains(errs, c.says) {
				t.Errorf("got %d %s, want code %d, %q", code, errs, exitUsage, c.says)
			}
		})
	}
}
