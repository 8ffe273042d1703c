package callflow

import (
	"context"
	"errors"

	"callfn/internal/pattern"
)

// capture is what one pattern captures from a number.
type capture struct {
	row   PatternRow
	text  string            // the longest capture group, or the whole match if the pattern has no groups
	named map[string]string // the named groups that are not empty
}

// matchPatterns runs every pattern against number and returns the winner by KAZOO's rule
// (cf_flow:test_callflow_patterns; docs/reference/kazoo.md#finding-the-callflow). The pattern with the longest text
// wins, and of equals the last row: KAZOO examines rows from the last to the first, and only a strictly longer text
// replaces an earlier one.
//
// KAZOO's patterns are PCRE. callfn runs them on RE2, which takes linear time for every pattern. It skips patterns that
// RE2 does not support (look-around, back references), as KAZOO skips invalid ones, and those beyond what one look-up
// may try. skipped names all of them. A look-up that runs out of time returns ctx's error.
func matchPatterns(ctx context.Context, rows []PatternRow, number string) (best *capture, skipped []SkippedPattern,
	err error,
) {
	total := 0
	for i := len(rows) - 1; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		p, err := rows[i].compile()
		if err == nil && total+p.Size() > pattern.MaxTotal {
			err = errTooManyPatterns
		}
		if err != nil {
			skipped = append(skipped, SkippedPattern{rows[i], err})
			continue
		}
		total += p.Size()
		groups := p.Submatches(number)
		if groups == nil {
			continue
		}
		text := longest(groups)
		if best == nil || len(text) > len(best.text) {
			best = &capture{row: rows[i], text: text, named: named(p.Names(), groups)}
		}
	}
	return best, skipped, nil
}

// SkippedPattern is a pattern that was not tried, and the reason.
type SkippedPattern struct {
	PatternRow
	Err error
}

var errTooManyPatterns = errors.New("the account's patterns are too large together")

// compile returns the compiled pattern, or why it does not compile.
func (r PatternRow) compile() (*pattern.Pattern, error) {
	if r.compiled != nil || r.problem != nil {
		return r.compiled, r.problem
	}
	return pattern.Compile(r.Pattern)
}

// longest returns the first of the longest groups, or the whole match if there are no groups.
func longest(groups []string) string {
	if len(groups) == 1 {
		return groups[0]
	}
	best := groups[1]
	for _, text := range groups[2:] {
		if len(text) > len(best) {
			best = text
		}
	}
	return best
}

func named(names, groups []string) map[string]string {
	var found map[string]string
	for i, name := range names {
		if name == "" || groups[i] == "" {
			continue
		}
		if found == nil {
			found = make(map[string]string)
		}
		found[name] = groups[i]
	}
	return found
}

// Equal compares the content of rows, and ignores whether their pattern is compiled yet.
func (r PatternRow) Equal(other PatternRow) bool {
	return r.Pattern == other.Pattern && r.ID == other.ID
}
