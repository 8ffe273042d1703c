package function

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"callfn/internal/account"
	"callfn/internal/function/dialect"
	"callfn/internal/sourceline"
)

// SyntaxError says why a function body does not parse, in the admin's own text.
type SyntaxError struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`   // from 1; 0 when unknown
	Column  int    `json:"column,omitempty"` // from 1; 0 when unknown
	Source  string `json:"source,omitempty"` // the line it is in, clipped
	Hint    string `json:"hint,omitempty"`   // what to do
}

func (e *SyntaxError) Error() string { return e.Message }

// Warning is about a body that parses here and may not elsewhere.
type Warning struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// CheckSyntax parses source alone as a function body. A nil SyntaxError and nil error means that it parses; the error means
// that the checker itself failed. Checks take turns by account. The warnings are about syntax that the checker knows and the engine of stored functions does
// not: there, the function would end as `syntax` in every call.
func (r *Runner) CheckSyntax(ctx context.Context, owner account.ID, source string) (*SyntaxError, []Warning, error) {
	fault, err := r.cfg.Drafts.Parse(ctx, source, owner, r.rootOf(ctx, owner))
	if err != nil {
		return nil, nil, fmt.Errorf("check function syntax: %w", err)
	}
	if fault == nil {
		return nil, r.tooNew(ctx, source), nil
	}
	e := &SyntaxError{Message: strings.TrimPrefix(fault.Name+": "+fault.Message, ": "), Line: fault.Line, Column: fault.Column}
	e.Source = sourceline.At(source, e.Line)
	e.Hint = "mend the function body at " + position(e.Line, e.Column) + " and save it again; nothing was stored"
	return e, nil, nil
}

// tooNew warns of syntax that the engine of stored functions lacks. An engine that cannot be asked gives one warning too: the
// function is stored all the same, as it would be without this look.
func (r *Runner) tooNew(ctx context.Context, source string) []Warning {
	if r.cfg.Dialect == nil {
		return nil
	}
	uses := dialect.Find(source)
	if len(uses) == 0 {
		return nil
	}
	lacks, err := r.cfg.Dialect.Lacks(ctx)
	if err != nil {
		r.cfg.Log.WarnContext(ctx, "what syntax the engine of functions lacks could not be asked", "error", err)
		return []Warning{{Message: "whether the engine that runs functions knows the newer syntax used here could not be asked: try the function before a call does"}}
	}
	var warnings []Warning
	for _, use := range uses {
		what, instead, known := dialect.Describe(use.Feature)
		if known && slices.Contains(lacks, use.Feature) {
			warnings = append(warnings, Warning{
				Message: "the engine that runs functions does not know " + what + ": in a call this function would fail with a syntax error; write " + instead,
				Line:    use.Line, Column: use.Column,
			})
		}
	}
	return warnings
}
