package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callfn/internal/function/dialect"
)

// Every example of docs/examples is stored without a warning, by the command line, and passes its cases. Its callflow,
// if any, passes its own. All are in the index and run on stock engines.
func TestExamples(t *testing.T) {
	examples, err := filepath.Glob("../../docs/examples/*/function.js")
	if err != nil || len(examples) != 11 {
		t.Fatalf("got %d examples (%v), want 11", len(examples), err)
	}
	index, err := os.ReadFile("../../docs/examples/README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	master := s.keyed()
	for _, file := range examples {
		folder := filepath.Dir(file)
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(string(index), "]("+name+"/function.js)") {
				t.Error("got an example that docs/examples/README.md does not list, want it there")
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if uses := dialect.Find(string(source)); len(uses) > 0 {
				t.Errorf("got %+v, want nothing newer than ES5", uses)
			}
			// an account of its own, since examples share numbers
			made := master.must(t, exitOK, "accounts", "create", name, "--timezone=America/Los_Angeles")
			p := master
			p.env = map[string]string{"CALLFN_ACCOUNT": hexID.FindString(made)}
			for key, value := range master.env {
				p.env[key] = value
			}

			put := []string{"functions", "put", "--name=" + name, file}
			if declared := filepath.Join(folder, "bindings.json"); exists(declared) {
				put = append(put, "--bindings="+declared)
			}
			stored := p.must(t, exitOK, put...)
			if strings.Count(strings.TrimSpace(stored), "\n") > 0 {
				t.Errorf("got warnings, want an example without any:\n%s", stored)
			}
			p.must(t, exitOK, "functions", "import-tests", name, filepath.Join(folder, "cases"))
			wantCases(t, folder, "cases", p.must(t, exitOK, "functions", "test", name))

			flow, err := os.ReadFile(filepath.Join(folder, "callflow.json"))
			if os.IsNotExist(err) {
				return
			} else if err != nil {
				t.Fatal(err)
			}
			p.stdin = strings.ReplaceAll(string(flow), "FUNCTION", hexID.FindString(stored))
			id := hexID.FindString(p.must(t, exitOK, "callflows", "put", "-"))
			p.must(t, exitOK, "callflows", "import-tests", id, filepath.Join(folder, "calls"))
			wantCases(t, folder, "calls", p.must(t, exitOK, "callflows", "test", id))
		})
	}
}

// exists reports whether there is a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

var hexID = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

// wantCases checks that every file of a folder was a case that ran.
func wantCases(t *testing.T, folder, kind, out string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, kind, "*.json"))
	if err != nil || len(files) < 2 {
		t.Fatalf("got %d files with cases in %s (%v), want 2 at least", len(files), kind, err)
	}
	if got := strings.Count(out, "ok    "); got != len(files) {
		t.Errorf("got %d passing %s, want %d:\n%s", got, kind, len(files), out)
	}
}
