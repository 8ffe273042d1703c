package schemas

import (
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/message"
)

// failure is one field error before it is written down, with what casting needs to know.
type failure struct {
	tokens    []string // unescaped path
	validator string
	violation Violation
	types     []string // that the value should have been of, where validator is "type"
}

type failures []failure

func (fs failures) fields() FieldErrors {
	var errs FieldErrors
	for _, f := range fs {
		errs.Add(Path(f.tokens...), f.validator, f.violation)
	}
	return errs
}

// reader turns the library's error tree into failures. The library tells which schema failed, how, and on which part of
// the value; what KAZOO says of it is worked out from that, never read from message text.
type reader struct {
	*compiled
	root    any
	found   failures
	unknown string // schema of a module that does not exist
}

// check validates the part of the root that tokens lead to.
func (r *reader) check(schema *jsonschema.Schema, tokens []string, value any) {
	if err := schema.Validate(value); err != nil {
		r.read(tokens, err.(*jsonschema.ValidationError)) // the library gives no other
	}
}

// read takes an error about the part of the root that tokens lead to.
func (r *reader) read(tokens []string, e *jsonschema.ValidationError) {
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf: // what is wrong with each branch is no help, and KAZOO does not say it
	default:
		if len(e.Causes) > 0 {
			for _, cause := range e.Causes {
				r.read(tokens, cause)
			}
			return
		}
	}
	tokens = slices.Concat(tokens, e.InstanceLocation)
	r.describe(r.locations[e.SchemaURL], e.ErrorKind, tokens, at(r.root, tokens))
}

func (r *reader) add(tokens []string, validator string, v Violation) {
	r.found = append(r.found, failure{tokens: tokens, validator: validator, violation: v})
}

// ownKind makes a failure of KAZOO's own keywords one of the library's. The library's text is read by nobody: describe
// writes what KAZOO says.
type ownKind struct{}

// KeywordPath is part of jsonschema.ErrorKind.
func (ownKind) KeywordPath() []string { return []string{"kazoo-validation"} }

// LocalizedString is part of jsonschema.ErrorKind.
func (ownKind) LocalizedString(p *message.Printer) string {
	return p.Sprintf("'kazoo-validation' failed")
}

// at gives the part of v that tokens lead to, nil if they lead nowhere.
func at(v any, tokens []string) any {
	for _, t := range tokens {
		switch parent := v.(type) {
		case map[string]any:
			v = parent[t]
		case []any:
			i, err := strconv.Atoi(t)
			if err != nil || i < 0 || i >= len(parent) {
				return nil
			}
			v = parent[i]
		default:
			return nil
		}
	}
	return v
}

// below appends to a path without sharing its memory.
func below(tokens []string, more string) []string { return append(slices.Clip(tokens), more) }
