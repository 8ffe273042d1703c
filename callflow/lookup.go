package callflow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/numbers"
)

// noMatch is the number that marks an account's catch-all callflow (?NO_MATCH_CF in callflow.hrl).
const noMatch = "no_match"

// ErrNoCallflow reports that no callflow of the account answers a number.
var ErrNoCallflow = errors.New("no callflow answers this number")

// Matched is the way in which a callflow was found.
type Matched string

// The ways to find a callflow, in the order they are tried.
const (
	ByExactNumber Matched = "number"
	ByPattern     Matched = "pattern"
	ByNoMatch     Matched = "no_match"
)

// Match is the callflow that answers a number, and how it was found.
type Match struct {
	Document
	Number        string  // the number that was looked up
	By            Matched // what found it
	Pattern       string  // the pattern, when ByPattern
	CaptureGroup  string  // what it captured
	CaptureGroups map[string]string
	CatchAll      bool // the callflow lists no_match, whatever found it
	Skipped       []SkippedPattern
}

// Lookup finds the callflow that answers number in an account (cf_flow.erl;
// docs/reference/kazoo.md#finding-the-callflow). It first tries the callflows that list the number, as given or
// normalised, then the winning pattern. For a number of digits only it then tries the callflow that lists no_match. It
// wraps ErrNoCallflow if there is none; Match.Skipped is set even then.
func Lookup(ctx context.Context, d Directory, id account.ID, number string) (Match, error) {
	if number == "" {
		return Match{}, fmt.Errorf("look up a callflow: the call names no number: %w", ErrNoCallflow)
	}
	m := Match{Number: number}
	for _, form := range forms(number) {
		found, err := m.byNumber(ctx, d, id, form, ByExactNumber)
		if found || err != nil {
			return m, err
		}
	}
	if number != noMatch {
		found, err := m.byPattern(ctx, d, id, number)
		if found || err != nil {
			return m, err
		}
		if onlyDigits(number) {
			found, err = m.byNumber(ctx, d, id, noMatch, ByNoMatch)
			if found || err != nil {
				return m, err
			}
		}
	}
	return m, fmt.Errorf("look up a callflow for %q: %w", clip.Text(number, maxText), ErrNoCallflow)
}

func (m *Match) byNumber(ctx context.Context, d Directory, id account.ID, number string, by Matched) (bool, error) {
	docs, err := d.ByNumber(ctx, id, number)
	if err != nil {
		return false, fmt.Errorf("look up callflows that list %q: %w", clip.Text(number, maxText), err)
	}
	if len(docs) == 0 {
		return false, nil
	}
	m.Document, m.By, m.CatchAll = docs[0], by, docs[0].containsNoMatch()
	return true, nil
}

func (m *Match) byPattern(ctx context.Context, d Directory, id account.ID, number string) (bool, error) {
	rows, err := d.Patterns(ctx, id)
	if err != nil {
		return false, fmt.Errorf("look up callflow patterns: %w", err)
	}
	best, skipped, err := matchPatterns(ctx, rows, numbers.Normalize(number))
	if err != nil {
		return false, fmt.Errorf("try callflow patterns: %w", err)
	}
	m.Skipped = skipped
	if best == nil {
		return false, nil
	}
	doc, err := d.ByID(ctx, id, best.row.ID)
	if errors.Is(err, ErrNoDocument) {
		return false, nil // deleted since the row was read
	}
	if err != nil {
		return false, fmt.Errorf("open callflow %s, found by pattern %q: %w", best.row.ID, best.row.Pattern, err)
	}
	m.Document, m.By, m.CatchAll = doc, ByPattern, doc.containsNoMatch()
	m.Pattern, m.CaptureGroup, m.CaptureGroups = best.row.Pattern, best.text, best.named
	return true, nil
}

// forms returns the forms in which a number may be listed: as dialled, and as KAZOO normalises it, which is how it
// stores the reconcilable numbers of a callflow (docs/reference/kazoo.md#callflow-documents).
func forms(number string) []string {
	if normal := numbers.Normalize(number); normal != number {
		return []string{number, normal}
	}
	return []string{number}
}

// onlyDigits reports whether number consists of digits after leading plus signs (cf_flow:maybe_use_nomatch).
func onlyDigits(number string) bool {
	return strings.Trim(strings.TrimLeft(number, "+"), "0123456789") == ""
}
