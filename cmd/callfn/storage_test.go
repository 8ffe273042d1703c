package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/provision"
	"callfn/internal/queryserver"
	"callfn/internal/sandbox/sandboxtest"
)

// place is a CouchDB that a plan under test puts functions on.
type place struct {
	name, address string // address without credentials
	user          string
	password      string
	ca            string // PEM, for one behind TLS
	callfn        bool   // runs callfn's query server
	shared        bool   // shared with others: needs a prefix
}

// eachPlace runs a test with a live embedded node, pouchdb-server, and the real CouchDB if one is named; or with a node
// behind TLS.
func eachPlace(t *testing.T, tls bool, test func(t *testing.T, p place)) {
	names := []string{"node", "pouchdb", "couchdb"}
	if tls {
		names = []string{"tls"}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { test(t, startPlace(t, name)) })
	}
}

func startPlace(t *testing.T, name string) place {
	switch name {
	case "pouchdb":
		return place{name: name, address: couchtest.StartPouchDBServer(t)}
	case "couchdb":
		u, err := url.Parse(os.Getenv("CALLFN_TEST_COUCHDB_URL"))
		if err != nil || u.Host == "" {
			t.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://admin:password@host:5984 to run this there")
		}
		password, _ := u.User.Password()
		return place{
			name: name, address: u.Scheme + "://" + u.Host, user: u.User.Username(), password: password,
			shared: true,
		}
	}
	pool := sandboxtest.Pool(t, 1)
	n := datastoretest.Serve(t, datastoretest.NodeConfig{
		User: "callfn", Password: couchPassword, TLS: name == "tls", Engine: queryserver.Engine{Shows: pool, Maps: pool},
	})
	p := place{name: name, address: n.URL, user: n.User, password: n.Password, callfn: true}
	if n.CA != nil {
		p.ca = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.CA.Raw}))
	}
	return p
}

// planFile returns a ready plan with a place's address, and the flags that it needs.
func planFile(t *testing.T, file string, p place) (args []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Connections map[string]map[string]any `json:"connections"`
		Plan        json.RawMessage           `json:"plan"`
	}
	if err := json.Unmarshal(text, &plan); err != nil || len(plan.Connections) != 1 {
		t.Fatalf("got %v %v, want no error, len(plan.Connections) = 1", file, err)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	u, err := url.Parse(p.address)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(u.Port())
	for uuid, connection := range plan.Connections {
		settings := connection["settings"].(map[string]any)
		settings["ip"], settings["port"] = u.Hostname(), port
		if p.user == "" {
			delete(settings, "credentials")
		} else {
			settings["credentials"].(map[string]any)["username"] = p.user
			args = append(args, "--connection-password-file="+uuid+"="+write("password", p.password+"\n"))
		}
		if p.ca != "" {
			args = append(args, "--connection-ca-file="+uuid+"="+write("ca.pem", p.ca))
		}
	}
	out, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{"storage", "apply", write("plan.json", string(out))}, args...)
}

// Every ready plan is applied as its README says, to an embedded node and to a service on CouchDB, with every available
// CouchDB. Functions are there afterwards and run.
func TestReadyStoragePlans(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector makes it longer: run this without -short")
	}
	files, err := filepath.Glob("../../storage-plans/*.json")
	if err != nil || len(files) < 4 {
		t.Fatalf("got %v, %v, want the storage plans", files, err)
	}
	readme, err := os.ReadFile("../../storage-plans/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if strings.Count(string(readme), "("+name+")") != 1 {
			t.Errorf("got %s has no paragraph in the README, want 1 times %q", name, "("+name+")")
		}
		t.Run(strings.TrimSuffix(name, ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			eachPlace(t, strings.Contains(string(text), `"tls"`), func(t *testing.T, p place) {
				apply := planFile(t, file, p)
				t.Run("embedded", func(t *testing.T) {
					if p.shared {
						t.Skip("the embedded node has no prefix for its databases' names, and others use this CouchDB")
					}
					applyReadyPlan(t, name, p, apply, "")
				})
				t.Run("on CouchDB", func(t *testing.T) {
					main := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}},
						"--couch-listen=127.0.0.1:0", "--couch-user=admin")
					c := couchUnderTest{admin: withUser(t, p.address, p.user, p.password), prefix: uniquePrefix(t), real: p.shared}
					if p.shared {
						t.Cleanup(func() { c.remove(t) })
					}
					applyReadyPlan(t, name, p, apply, c.prefix, "--couchdb-url="+withUser(t, main.couch, "admin", couchPassword),
						"--database-prefix="+c.prefix)
				})
			})
		})
	}
}

// applyReadyPlan applies a plan to a service started with flags, and makes a call with the plan in force.
func applyReadyPlan(t *testing.T, name string, p place, apply []string, prefix string, flags ...string) {
	t.Helper()
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, flags...)
	shell := s.keyed()
	if code, out, errs := shell.run(t, append(apply, "--dry-run")...); code != exitOK ||
		!strings.Contains(out, "functions would be moved") || !strings.Contains(out, "Nothing was changed") {
		t.Fatalf(
			`dry run: got %d %s %s, want code %d, "functions would be moved", "Nothing was changed"`,
			code,
			out,
			errs,
			exitOK,
		)
	}
	code, out, errs := shell.run(t, apply...)
	if strings.Contains(name, "query-server") && !p.callfn && code != exitOK {
		if !strings.Contains(errs, "functions_language: ") {
			t.Fatalf(`got %d %s %s, want "functions_language: "`, code, out, errs)
		}
		return // it has no query server of callfn's: refused, as the README says
	}
	if code != exitOK || !p.shared && p.password != "" && strings.Contains(out+errs+s.errs.String(), p.password) {
		t.Fatalf("apply: got %d %s %s, want code %d and no password", code, out, errs, exitOK)
	}
	callWorks(t, s)
	if code, out, errs = shell.run(t, "storage", "get"); code != exitOK || !strings.Contains(out, p.address) {
		t.Errorf("get: got %d %s %s, want code %d, %q", code, out, errs, exitOK, p.address)
	}
	well := exitOK
	if p.name == "pouchdb" {
		well = exitFailed // it reports version 4, and CouchDB 4 will have no shows
	}
	if code, out, errs = shell.run(t, "storage", "check"); code != well ||
		!regexp.MustCompile(`ok +functions run`).MatchString(out) || !strings.Contains(out, "CouchDB at "+p.address) {
		t.Errorf("check: got %d %s %s, want code %d, functions run, and CouchDB at %s", code, out, errs, well, p.address)
	}
	if code, out, errs = shell.run(t, apply...); code != exitOK || !strings.Contains(out, "The plan is as it was.") {
		t.Errorf(`applied again: got %d %s %s, want code %d, "The plan is as it was."`, code, out, errs, exitOK)
	}
	if n := p.functions(t, prefix); n != 1 {
		t.Errorf("%d functions are there, want the one that was stored", n)
	}
}

// functions counts the functions that were stored there.
func (p place) functions(t *testing.T, prefix string) (n int) {
	t.Helper()
	cfg := datastore.Config{URL: p.address, Username: p.user, Password: p.password}
	if p.ca != "" {
		cfg.RootCAs = x509.NewCertPool()
		cfg.RootCAs.AppendCertsFromPEM([]byte(p.ca))
	}
	c, err := datastore.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	rows, err := c.Database(prefix+datastore.Functions).AllDocs(t.Context(), datastore.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.ID != provision.ProbeID && datastore.ValidID(row.ID) {
			n++
		}
	}
	return n
}
