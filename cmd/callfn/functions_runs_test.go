package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callfn/internal/await"
	"callfn/internal/testlog"
)

// A failed rehearsal soon has a record, in the API's words. --follow shows the next one as it happens.
func TestRunsFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	file := filepath.Join(t.TempDir(), "f.js")
	if err := os.WriteFile(file, []byte("var a;\na.b();\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, _ := p.run(t, "functions", "put", "--name", "f", file)
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(out)
	if _, out, errs := p.run(t, "functions", "runs", id); out != "" || !strings.Contains(errs, "no runs recorded") {
		t.Errorf(`before any run: got %s%s, want nothing, "no runs recorded"`, out, errs)
	}
	if code, out, _ := p.run(t, "functions", "run", id, "--to=1000"); code == exitOK || !strings.Contains(out, "a.b();") {
		t.Fatalf(`a failing run: got %d %s, want another code than %d, "a.b();"`, code, out, exitOK)
	}
	line := regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \S+  [0-9a-f]{32}  threw +\S+ ms  rehearsal .*TypeError`)
	await.True(t, "the run on record", func() bool {
		_, out, _ := p.run(t, "functions", "runs",
			id)
		return line.MatchString(out)
	})
	if _, out, _ := p.run(t, "functions", "runs", id, "--outcome=ok"); out != "" {
		t.Errorf("runs that were ok: got %s, want nothing", out)
	}
	if _, out, _ := p.run(t, "functions", "--json", "runs", id); !strings.Contains(out, `"outcome":"threw"`) {
		t.Errorf("as JSON: got %s, want %q", out, `"outcome":"threw"`)
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var followed, errs testlog.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, p.environment(t, &followed, &errs, "functions", "runs", id, "--follow", "--interval=20ms"))
	}()
	lines := func() int { return strings.Count(followed.String(), "\n") }
	await.True(t, "the line of the run that is on record", func() bool { return lines() == 1 })
	p.run(t, "functions", "run", id, "--to=1000")
	await.True(t, "the line of the next run", func() bool { return lines() == 2 })
	cancel()
	if code := <-ended; code != exitOK || !strings.Contains(followed.String(), "threw") {
		t.Errorf(`exit code %d: got %s%s, want code %d, "threw" in followed.String()`, code, &followed, &errs, exitOK)
	}
}
