package crossbar

import (
	"strings"
	"testing"
)

// A path that no document can have costs no more per document than one that some have.
func TestFilterPathsAreBounded(t *testing.T) {
	if n := len(filterPath(strings.Repeat("a.", 29_000))); n > 128 {
		t.Errorf("a path of 29,000 names is followed for %d of them, want at most 128", n)
	}
}
