package schemas

import (
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// failure is one field error before it is reported, with what casting needs.
type failure struct {
	tokens    []string // unescaped path
	validator string
	violation Violation
	schema    *jsonschema.Schema // that failed; nil for failures beyond schemas
}

type failures []failure

func (fs failures) fields() FieldErrors {
	var errs FieldErrors
	for _, f := range fs {
		errs.Add(Path(f.tokens...), f.validator, f.violation)
	}
	return errs
}

// below appends to a path without sharing its memory.
func below(tokens []string, more string) []string { return append(slices.Clip(tokens), more) }

// at returns the part of v that tokens lead to, or nil if they lead nowhere.
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
