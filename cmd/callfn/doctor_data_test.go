package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The doctor of the embedded node reports what is right and what to change, with and without a running service. It
// fails only if calls would not work.
func TestDoctorOfTheEmbeddedNode(t *testing.T) {
	s := serve(t, program{})
	p := program{}
	examine := func(code int, wants ...string) {
		t.Helper()
		got, out, errs := p.run(t, "doctor", "--data="+s.dataDir)
		for _, want := range wants {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("want %q in\n%s%s", want, out, errs)
			}
		}
		if got != code {
			t.Errorf("exit code %d; want %d\n%s%s", got, code, out, errs)
		}
	}
	examine(exitOK, "unknown documents a running service has node.db open",
		"unknown key-value store a running service has kv.db open", "ok version callfn ", "are left", "sandbox",
		"Calls would work.")
	s.stop()
	examine(exitOK, "ok documents node.db is whole", "ok data directory", "ok key files "+filepath.Join(s.dataDir,
		"secret.key"), "ok clock", "ok key-value store kv.db is whole", "ok order of time rules")
	if _, out, _ := p.run(t, "doctor", "--data="+s.dataDir, "--json"); !strings.Contains(out, `"works": true`) {
		t.Errorf("want works: true in %s", out)
	}
	key := filepath.Join(s.dataDir, "secret.key")
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	examine(exitOK, "change key files others on this machine may read "+key+" (mode 0644): chmod 600 "+key)
	file := filepath.Join(s.dataDir, "node.db")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, whole[:20<<10], 0o600); err != nil {
		t.Fatal(err)
	}
	examine(exitFailed, "broken documents", "restore the data directory from a backup", "Calls would NOT work.")
	values := filepath.Join(s.dataDir, "kv.db")
	if err := os.Truncate(values, 100); err != nil {
		t.Fatal(err)
	}
	examine(exitFailed, "broken key-value store", "functions then begin with an empty store")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	examine(exitFailed, "broken documents", "put node.db back from a backup")
	if err := os.WriteFile(key, []byte("no hex\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	examine(exitFailed, "broken secret key", "want 64 hex digits")
	if code, _, errs := p.run(t, "doctor", "--data="+filepath.Join(s.dataDir, "nowhere")); code != exitUsage ||
		!strings.Contains(errs, "there is no data directory") {
		t.Errorf("a directory that is not there: %d %s; want a usage error", code, errs)
	}
}
