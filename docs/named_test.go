package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The tests, benchmarks and fuzz targets that documentation names as its proof exist.
func TestNamedTests(t *testing.T) {
	declared := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	eachFile(t, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(filepath.Dir(path), "test") {
			for _, found := range function.FindAllStringSubmatch(text, -1) {
				declared[found[1]] = true
			}
		}
	})
	named, seen := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w+)(…)?[^`]*`"), 0
	eachFile(t, func(path, text string) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		for _, found := range named.FindAllStringSubmatch(text, -1) {
			seen++
			exists := declared[found[1]]
			for name := range declared {
				exists = exists || found[2] != "" && strings.HasPrefix(name, found[1])
			}
			if !exists {
				t.Errorf("%s names %s, want what a package has", path, found[1])
			}
		}
	})
	if seen < 50 {
		t.Errorf("got %d named tests, want at least 50: are they still found?", seen)
	}
}

// foreign are flags of other programs that documentation shows.
var foreign = map[string]string{
	"eval": "couchjs", "idle": "chrt", "now": "systemctl", "build": "docker", "rm": "docker", "target": "docker",
}

// The flags that documentation names exist, as the command line's help has them.
func TestNamedFlags(t *testing.T) {
	known := map[string]bool{"help": true, "config": true, "version": true}
	texts, err := fs.Glob(os.DirFS(repository), "cmd/callfn/help/*.txt")
	if err != nil || len(texts) == 0 {
		t.Fatalf("got %d help texts (%v), want some", len(texts), err)
	}
	for _, file := range texts {
		text, err := os.ReadFile(filepath.Join(repository, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range regexp.MustCompile(`(?m)^(?:\S.*? )?--([a-z0-9-]+)$`).FindAllStringSubmatch(string(text), -1) {
			known[flag[1]] = true
		}
	}
	named, seen := regexp.MustCompile("(?:^|[\\s`(])--([a-z][a-z0-9-]+)"), 0
	eachFile(t, func(path, text string) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		for _, flag := range named.FindAllStringSubmatch(text, -1) {
			seen++
			name := strings.TrimPrefix(flag[1], "no-")
			if !known[flag[1]] && !known[name] && foreign[flag[1]] == "" {
				t.Errorf("%s names --%s, want a flag that callfn has", path, flag[1])
			}
		}
	})
	if seen < 100 {
		t.Errorf("got %d named flags, want at least 100: are they still found?", seen)
	}
}

// The files and folders that documentation names by their path in the repository exist.
func TestNamedFiles(t *testing.T) {
	top := `(?:cmd|crossbar|callflow|couchapp|schemas|storage-plans|docs|internal|\.ci)`
	named, seen := regexp.MustCompile("`("+top+"/[A-Za-z0-9_./-]+)`"), 0
	eachFile(t, func(path, text string) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		for _, file := range named.FindAllStringSubmatch(text, -1) {
			if seen++; strings.Contains(file[1], "NAME") || strings.HasPrefix(file[1], ".ci/cache") {
				continue
			}
			if _, err := os.Stat(filepath.Join(repository, file[1])); err != nil {
				t.Errorf("%s names %s, want what is there: %v", path, file[1], err)
			}
		}
	})
	if seen < 40 {
		t.Errorf("got %d named files, want at least 40: are they still found?", seen)
	}
}

// The lines of the log that documentation explains are written somewhere.
func TestNamedLogLines(t *testing.T) {
	page, err := os.ReadFile("operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "\n### Lines of the log\n\n")
	if !found {
		t.Fatal("docs/operations.md: got no section `Lines of the log`, want one")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var source strings.Builder
	eachFile(t, func(path, text string) {
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			source.WriteString(text)
		}
	})
	// A text may go on in the next line of source.
	written := regexp.MustCompile(`"\s*\+\s*"`).ReplaceAllString(source.String(), "")
	for _, row := range strings.Split(table, "\n")[2:] {
		for _, line := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(strings.Split(row, "|")[1], -1) {
			missing := false
			for i, part := range strings.Split(line[1], "…") { // which stands for what differs from line to line
				if i == 0 {
					part = `"` + part
				}
				missing = missing || !strings.Contains(written, part)
			}
			if missing {
				t.Errorf("docs/operations.md explains %q, want a line that is logged", line[1])
			}
		}
	}
}
