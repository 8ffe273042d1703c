package callflow

import (
	"context"
	"errors"

	"callfn/internal/pattern"
)

// capture is what one pattern makes of a number.
type capture struct {
	row   PatternRow
	text  string            // the longest capture group, or the whole match where the pattern has no groups
	named map[string]string // the named groups that are not empty
}

// matchPatterns runs every pattern against number and gives the winner by KAZOO's rule (cf_flow:test_callflow_patterns;
// docs/reference/kazoo.md#finding-the-callflow): the pattern whose text is longest; of equals the last row wins, since
// KAZOO examines rows from the last to the first and only a strictly longer text replaces an earlier one.
//
// KAZOO's patterns are PCRE; ours run on RE2, in linear time whatever the pattern. Patterns that RE2 does not know
// (look-around, back references) are skipped as KAZOO skips invalid ones, and so are those that are beyond what one
// look-up may try; all of them are named in skipped. A look-up whose time is over ends with ctx's error.
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

// SkippedPattern is a pattern that was not tried, and why.
type SkippedPattern struct {
	PatternRow
	Err error
}

var errTooManyPatterns = errors.New("the account's patterns are too large together")

// compile gives the compiled pattern, or why it is none.
func (r PatternRow) compile() (*pattern.Pattern, error) {
	if r.compiled != nil || r.problem != nil {
		return r.compiled, r.problem
	}
	return pattern.Compile(r.Pattern)
}

// longest picks the first of the longest groups, or the whole match when there are no groups.
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

// Equal compares what rows say, not whether their pattern is compiled yet.
func (r PatternRow) Equal(other PatternRow) bool {
	return r.Pattern == other.Pattern && r.ID == other.ID
}
