package docs_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"callfn/internal/runs"
)

// docs/writing-functions.md explains every outcome of a run, in the order in which the program lists them.
func TestOutcomes(t *testing.T) {
	page, err := os.ReadFile("writing-functions.md")
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?s)\n\| outcome \| meaning \|\n.*?\n\n`).Find(page)
	var explained []runs.Outcome
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllSubmatch(table, -1) {
		explained = append(explained, runs.Outcome(row[1]))
	}
	if want := runs.Outcomes(); !slices.Equal(explained, want) {
		t.Errorf("got the outcomes %v in docs/writing-functions.md, want %v", explained, want)
	}
}
