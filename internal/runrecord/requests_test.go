package runrecord

import (
	"fmt"
	"testing"

	"callfn/internal/datastore"
)

// Records are sent to the datastore in order, none twice, and never too many or too large together, unless a single one
// is too large.
func TestRequests(t *testing.T) {
	const half = requestBytes / 2
	for name, tc := range map[string]struct {
		weights []int64
		want    string // how many are sent together
	}{
		"none":              {nil, "[]"},
		"few":               {[]int64{1, 1, 1}, "[3]"},
		"just not too much": {[]int64{half, half, 1}, "[2 1]"},
		"too much":          {[]int64{half, half + 1, half}, "[1 1 1]"},
		"one too large":     {[]int64{1, 3 * half, 1, 1}, "[1 1 2]"},
		"too many":          {make([]int64, 2*requestDocs+1), fmt.Sprint([]int{requestDocs, requestDocs, 1})},
	} {
		var docs []weighed
		for i, n := range tc.weights {
			docs = append(docs, weighed{datastore.Document{"_id": fmt.Sprint(i)}, n})
		}
		sizes, next := []int{}, 0
		for some := range requests(docs) {
			sizes = append(sizes, len(some))
			for _, doc := range some {
				if doc.ID() != fmt.Sprint(next) {
					t.Fatalf("%s: got record %s, want %d", name, doc.ID(), next)
				}
				next++
			}
		}
		if got := fmt.Sprint(sizes); got != tc.want || next != len(docs) {
			t.Errorf("%s: %s and %d of %d records, want %s", name, got, next, len(docs), tc.want)
		}
	}
}
