package callflow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/pattern"
)

// Patterns that were stored before there were limits cost a look-up no more than others: one that is too large, alone
// or with others, is skipped and named.
func TestLookupBoundsPatterns(t *testing.T) {
	large := strings.Repeat(".{9}", 400)
	patterns := []string{"^0" + strings.Repeat(".{1000}", 200), "^1(000)$"}
	for n := range 20 {
		patterns = append(patterns, fmt.Sprintf("^%s%d", large, n))
	}
	directory := callflow.Memory{acme: {{Document: callflow.Document{ID: "c1"}, Patterns: patterns}}}
	for name, directory := range map[string]callflow.Directory{
		"directly": directory, "cached": callflow.NewCache(directory, time.Now, new(pattern.Cache)),
	} {
		began := time.Now()
		match, err := callflow.Lookup(t.Context(), directory, acme, "1000")
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: took %v, want a second at most", name, took)
		}
		if err != nil || match.Pattern != "^1(000)$" {
			t.Errorf("%s: found by %q, %v; want ^1(000)$", name, match.Pattern, err)
		}
		reasons := map[string]int{}
		for _, skipped := range match.Skipped {
			reasons[skipped.Err.Error()]++
		}
		if len(reasons) != 2 || reasons["the account's patterns are too large together"] != 20-pattern.MaxTotal/pattern.Size(
			"^"+large+"0") {
			t.Errorf("%s: skipped %v, want the large one and those that are too many", name, reasons)
		}
	}
}

// A look-up ends with the caller's context.
func TestLookupEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	directory := callflow.Memory{acme: {{Document: callflow.Document{ID: "c1"}, Patterns: []string{"^1"}}}}
	for name, directory := range map[string]callflow.Directory{
		"directly": directory, "cached": callflow.NewCache(directory, time.Now, nil),
	} {
		if match, err := callflow.Lookup(ctx, directory, acme, "1000"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %+v, %v; want %v", name, match, err, context.Canceled)
		}
	}
}
