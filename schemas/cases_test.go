package schemas_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/schemas"
)

// Each file of testdata/cases is one case: a schema, a value, and the result. "strict" has the errors of ValidateStrict
// if they differ.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("got no cases and %v, want some", err)
	}
	set := load(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			part := sections(t, file)
			value := decode(t, part["value"])
			if (part["completed"] == "") == (part["errors"] == "") {
				t.Fatal("a case: got both completed and errors, or neither, want one of them")
			}
			out, errs := set.Validate(part["schema"], value)
			same(t, "completed", part["completed"], out)
			same(t, "errors", part["errors"], errs)
			if diff := cmp.Diff(decode(t, part["value"]), value); diff != "" {
				t.Errorf("value was changed (-want +got):\n%s", diff)
			}
			if strict, ok := part["strict"]; ok {
				_, errs := set.ValidateStrict(part["schema"], value)
				same(t, "strict", strict, errs)
			}
			if warnings, ok := part["warnings"]; ok {
				same(t, "warnings", warnings, append([]schemas.Warning{}, set.Warnings(part["schema"], value)...))
			}
		})
	}
}

// same compares JSON text with a value. No text means null.
func same(t *testing.T, what, want string, got any) {
	t.Helper()
	if want == "" {
		want = "null"
	}
	if diff := cmp.Diff(decode(t, want), decode(t, encode(t, got))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// sections splits a file at lines like "-- value --". The text before the first one is a comment.
func sections(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts, name := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(rest), " --")
			parts[name] = ""
		} else {
			parts[name] += line
		}
	}
	for name, text := range parts {
		parts[name] = strings.TrimSpace(text)
	}
	return parts
}
