package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README answers ten questions with a file each, and what to look for in it.
func TestFindingYourWay(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "\n## Finding your way\n")
	if !found {
		t.Fatal("README.md: got no section `Finding your way`, want one")
	}
	row := regexp.MustCompile("(?m)^\\| ([^|]+\\?) \\| \\[([^]]+)\\]\\(([^)]+)\\) \\| `([^`]+)` \\|$")
	rows := row.FindAllStringSubmatch(section, -1)
	if len(rows) != 10 {
		t.Fatalf("got %d questions with a file and an identifier, want 10", len(rows))
	}
	for _, row := range rows {
		question, shown, file, identifier := row[1], row[2], row[3], row[4]
		if shown != file {
			t.Errorf("%s the link says %s and leads to %s, want the same", question, shown, file)
		}
		text, err := os.ReadFile(filepath.Join(repository, file))
		if err != nil {
			t.Errorf("%s got error %v, want a file", question, err)
			continue
		}
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(identifier) + `\b`).Match(text) {
			t.Errorf("%s got no %s in %s, want it there", question, identifier, file)
		}
	}
}

// Prose wraps at 120 columns; tables, code and headings may be longer.
func TestColumns(t *testing.T) {
	code := regexp.MustCompile("(?ms)^ *```.*?^ *```[^\n]*$")
	eachFile(t, func(path, text string) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		blank := code.ReplaceAllStringFunc(text, func(block string) string {
			return strings.Repeat("\n", strings.Count(block, "\n"))
		})
		for i, line := range strings.Split(blank, "\n") {
			if n := len([]rune(line)); n > 120 && !strings.HasPrefix(line, "|") && strings.Contains(line[:120], " ") {
				t.Errorf("%s:%d has %d columns, want at most 120", path, i+1, n)
			}
		}
	})
}
