package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/datastore"
)

// The whole embedded node moves to a CouchDB while it serves. It can move back. In the end serve starts with
// --couchdb-url.
func TestMigrate(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector makes it longer: run this without -short")
	}
	t.Run("embedded node to a node", func(t *testing.T) {
		empty := startPlace(t, "node")
		migrate(t, withUser(t, empty.address, empty.user, empty.password))
	})
	// Shared servers need a prefix, which an embedded node does not have. So the move there starts from a CouchDB.
	for _, name := range []string{"pouchdb", "couchdb"} {
		t.Run("CouchDB to "+name, func(t *testing.T) {
			id, err := datastore.NewID(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			p := startPlace(t, name)
			to := couchUnderTest{admin: withUser(t, p.address, p.user, p.password), prefix: "t" + id[:10] + "_"}
			if p.user == "" {
				to.admin = p.address
			}
			t.Cleanup(func() { to.remove(t) })
			migrate(t, to.admin, "--couchdb-url="+socketNode(t), "--database-prefix="+to.prefix)
		})
	}
}

// migrate starts a service with the given flags and moves it.
func migrate(t *testing.T, to string, flags ...string) {
	t.Helper()
	env := map[string]string{"CALLFN_MASTER_API_KEY": testKey}
	s := serve(t, program{env: env}, flags...)
	callWorks(t, s)
	p := s.keyed()
	must := func(says string, args ...string) {
		t.Helper()
		code, out, errs := p.run(t, args...)
		if code != exitOK || !strings.Contains(out+errs, says) {
			t.Fatalf("callfn %s: %d %s%s, want %q", strings.Join(args, " "), code, out, errs, says)
		}
		if all := out + errs; strings.Contains(all, couchPassword) {
			t.Errorf("the password is shown: got %s, want no %q in all", all, couchPassword)
		}
	}
	refused := func(code int, says string, args ...string) {
		t.Helper()
		got, out, errs := p.run(t, args...)
		if got != code || !strings.Contains(errs, says) {
			t.Errorf("callfn %s: %d %s%s, want %d and %q", strings.Join(args, " "), got, out, errs, code, says)
		}
	}
	stillCalls := func() { t.Helper(); must("Hi Bob", "call", "--to=1000", "--from=2000", "--caller-id-name=Bob") }
	refused(exitFailed, "ip", "migrate", "--to=http://127.0.0.1:1")
	refused(exitUsage, "--to", "migrate", "--to=nowhere")
	must("Everything is at", "migrate", "--to="+to)
	stillCalls()
	must("acme", "accounts", "create", "acme")
	home := filepath.Join(t.TempDir(), "home.json")
	if err := os.WriteFile(home, []byte(`{"plan":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(exitFailed, "everything is moved to", "storage", "apply", home)
	must("system_data: rolled_back", "storage", "rollback")
	stillCalls()
	must("acme", "accounts", "list")
	must("zenith", "accounts", "create", "zenith")
	must("The plan is as it was", "storage", "apply", home)

	must("Everything is at", "migrate", "--to="+to)
	must("system_data: finished", "storage", "finish", "--yes")
	stillCalls()
	must("zenith", "accounts", "list")
	s.stop()
	again := serve(t, program{env: env}, append(flags, "--data="+s.dataDir)...) // works as before
	p = again.keyed()
	stillCalls()
	must("omega", "accounts", "create", "omega")
	again.stop()

	var prefix []string
	if len(flags) > 0 {
		prefix = flags[1:]
	}
	moved := serve(t, program{env: env}, append(prefix, "--couchdb-url="+to, "--data="+s.dataDir)...)
	p = moved.keyed()
	stillCalls()
	for _, account := range []string{"acme", "zenith", "omega"} {
		must(account, "accounts", "list")
	}
	must("local", "storage", "get")
}
