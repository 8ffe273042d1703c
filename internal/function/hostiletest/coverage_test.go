package hostiletest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callfn/internal/function/fixtures"
)

// inputs is how many hostile inputs are on the list, H01 to H54.
const inputs = 54

// Every input of the list is a fixture here, or has a test elsewhere that is there.
func TestEveryInputIsTested(t *testing.T) {
	covered := map[string]bool{}
	all, err := fixtures.Load(testdata, parse)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		input, _, _ := strings.Cut(f.name, "_")
		covered[input] = true
	}
	list, err := testdata.ReadFile("testdata/elsewhere.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, " | ")
		if len(parts) != 3 {
			t.Fatalf("%q: want input | package | test", line)
		}
		if !hasTest(t, filepath.Join("..", "..", "..", filepath.FromSlash(parts[1])), parts[2]) {
			t.Errorf("%s: got no %s in package %s, want it there", parts[0], parts[2], parts[1])
			continue
		}
		covered[parts[0]] = true
	}
	for i := range inputs {
		if input := fmt.Sprintf("H%02d", i+1); !covered[input] {
			t.Errorf("%s: got no test, want one", input)
		}
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^func ` + name + `\(`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if declared.Match(text) {
			return true
		}
	}
	return false
}
