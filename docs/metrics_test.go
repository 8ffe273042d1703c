package docs_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every metric that the service exports is documented, and every one that documentation and alerts name is exported.
func TestNamedMetrics(t *testing.T) {
	const written = "docs/operations.md"
	name, quoted := regexp.MustCompile(`callfn_[a-z_]+`), regexp.MustCompile(`"(callfn_[a-z_]+)"`)
	exported := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(repository, "internal/metrics/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, found := range quoted.FindAllStringSubmatch(read(t, file), -1) {
			exported[found[1]] = true
		}
	}
	if len(exported) < 25 {
		t.Errorf("got %d metrics in the source, want at least 25: are they still found?", len(exported))
	}
	documented := map[string]bool{}
	_, section, _ := strings.Cut(read(t, filepath.Join(repository, written)), "\n## What to watch\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, found := range regexp.MustCompile("`(callfn_[a-z_]+)").FindAllStringSubmatch(section, -1) {
		documented[found[1]] = true
		if !exported[found[1]] {
			t.Errorf("%s names %s, want what the service exports", written, found[1])
		}
	}
	for _, metric := range slices.Sorted(maps.Keys(exported)) {
		if !documented[metric] {
			t.Errorf("%s does not name %s, want every metric", written, metric)
		}
	}
	suffix := regexp.MustCompile(`_(bucket|sum|count)$`)
	for _, metric := range name.FindAllString(read(t, filepath.Join(repository, "docs/alerts.yml")), -1) {
		if !exported[metric] && !exported[suffix.ReplaceAllString(metric, "")] {
			t.Errorf("docs/alerts.yml asks for %s, want what the service exports", metric)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
