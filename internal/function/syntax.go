package function

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"callfn/internal/account"
	"callfn/internal/bindings"
	"callfn/internal/datastore"
	"callfn/internal/function/dialect"
	"callfn/internal/function/lint"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sourceline"
)

// SyntaxError says why a function body does not parse, in the admin's own text.
type SyntaxError struct {
	runs.Failure
	// Parses is set where the body parses and can never return a flow.
	Parses bool `json:"-"`
}

// Warning is about a body that parses: syntax that may not parse elsewhere, or something that cannot work as it was
// meant.
type Warning struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`

	rule string // of package lint; "" for syntax
	name string // that is not there
}

// WithoutDeclared leaves out the warnings that names are not there which the function declares (bindings.Names).
func WithoutDeclared(warnings []Warning, names []string) []Warning {
	all := slices.Contains(names, bindings.AnyName)
	return slices.DeleteFunc(warnings, func(w Warning) bool {
		return w.name != "" && (all || slices.Contains(names, w.name))
	})
}

// Busy reports whether a check, or a draft, was refused because its account's turn would not come in time.
func Busy(err error) bool { return errors.Is(err, sandbox.ErrBusy) }

// CheckSyntax looks at source as saving does: whether it parses alone as a function body, and whether it can return a
// flow. A nil SyntaxError and nil error means that it may be stored; the error means that the checker itself failed.
// Checks take turns by account. The warnings are about syntax that the checker knows and the engine of stored functions
// does not, where the function would end as `syntax` in every call, and about what people expect who come from other
// platforms (package lint).
func (r *Runner) CheckSyntax(ctx context.Context, owner account.ID, source string) (*SyntaxError, []Warning, error) {
	e, err := r.parse(ctx, owner, source)
	if e != nil || err != nil {
		return e, nil, err
	}
	fault, remarks := lint.Check(source)
	if fault != nil {
		return &SyntaxError{Parses: true, Failure: runs.Failure{
			Message: fault.Message, Line: fault.Line, Column: fault.Column, Source: sourceline.At(source, fault.Line),
			Hint: fault.Hint,
		}}, nil, nil
	}
	return nil, slices.Concat(r.tooNew(ctx, source), warningsOf(remarks), r.misspelt(source),
		r.unformatted(ctx, source), r.invalidFlows(source)), nil
}

// parse parses source alone as a function body.
func (r *Runner) parse(ctx context.Context, owner account.ID, source string) (*SyntaxError, error) {
	fault, err := r.cfg.Drafts.Parse(ctx, source, owner, r.rootOf(ctx, owner))
	if err != nil {
		return nil, fmt.Errorf("check function syntax: %w", err)
	}
	if fault == nil {
		return nil, nil
	}
	e := &SyntaxError{Failure: *fault}
	lint.Syntax(source, *fault).Amend(&e.Failure)
	e.Source = sourceline.At(source, e.Line)
	if e.Hint == "" {
		e.Hint = "mend the function body at " + position(e.Line, e.Column)
	}
	return e, nil
}

// maxWarnings is how many remarks of one kind are told.
const maxWarnings = 20

func warningsOf(remarks []lint.Finding) []Warning {
	var warnings []Warning
	for _, remark := range remarks[:min(len(remarks), maxWarnings)] {
		warnings = append(warnings, Warning{
			Message: remark.Message, Line: remark.Line, Column: remark.Column,
			rule: remark.Rule, name: remark.Name,
		})
	}
	return warnings
}

// misspelt warns of parameters whose names no call has, and that are nearly the name of one that calls have.
func (r *Runner) misspelt(source string) []Warning {
	if len(r.cfg.Parameters) == 0 {
		return nil
	}
	var warnings []Warning
	for _, read := range lint.Reads(source) {
		if len(warnings) == maxWarnings {
			break
		}
		if near := r.nearest(read.Name); near != "" {
			warnings = append(warnings, Warning{
				Message: fmt.Sprintf("`call['%s']` is not set by any call: did you mean `%s`?", read.Name, near),
				Line:    read.Line, Column: read.Column, rule: "parameter_name",
			})
		}
	}
	return warnings
}

// nearest is the parameter that a name was probably meant to be; "" where it is one, or is like none.
func (r *Runner) nearest(key string) string {
	if notParameters[key] || strings.Contains(key, "[") || slices.Contains(r.cfg.Parameters, key) {
		return ""
	}
	near := ""
	for _, name := range r.cfg.Parameters {
		near = nearer(key, name, near)
	}
	if near == "" {
		near = r.longer(key)
	}
	return near
}

// longer is the parameter whose name begins like a name that is too short, such as CallerID; "" where there is none.
func (r *Runner) longer(key string) string {
	const least = 6
	begin := datastore.AlphanumName(key)
	found := ""
	for _, name := range r.cfg.Parameters {
		if whole := datastore.AlphanumName(name); len(begin) >= least && strings.HasPrefix(whole, begin) &&
			(found == "" || strings.HasSuffix(name, "Number")) {
			found = name
		}
	}
	return found
}

// tooNew warns of syntax that the engine of stored functions lacks. An engine that cannot be asked gives one warning
// too: the function is stored all the same, as it would be without this look.
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
		r.cfg.Log.WarnContext(ctx, "cannot query the engine's supported syntax", "error", err)
		return []Warning{{Message: "whether the engine that runs functions knows the newer syntax used here could not be " +
			"asked: try the function before a call does"}}
	}
	var warnings []Warning
	for _, use := range uses {
		name, known := dialect.Describe(use.Feature)
		if known && slices.Contains(lacks, use.Feature) {
			warnings = append(warnings, Warning{
				Message: "the engine that runs functions does not know " + name.What + ": " + name.Fate + "; write " + name.Instead,
				Line:    use.Line, Column: use.Column,
			})
		}
	}
	return warnings
}
