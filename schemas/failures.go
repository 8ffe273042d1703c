package schemas

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// failure is one field error before it is written down, with what casting needs to know.
type failure struct {
	tokens    []string // unescaped path
	validator string
	violation Violation
	schema    *jsonschema.Schema // that failed
}

type failures []failure

func (fs failures) fields() FieldErrors {
	var errs FieldErrors
	for _, f := range fs {
		errs.Add(Path(f.tokens...), f.validator, f.violation)
	}
	return errs
}

// reader turns the library's error tree into failures. The library tells where a keyword failed, and on which part of
// the value; what exactly failed is worked out again from the schema, never read from message text.
type reader struct {
	*compiled
	root    any
	found   failures
	unknown string // schema of a module that does not exist
}

func (r *reader) read(e *jsonschema.ValidationError) {
	schema, keyword := r.locate(e.AbsoluteKeywordLocation)
	switch keyword {
	case "oneOf", "anyOf", "not": // what is wrong with each branch is no help, and KAZOO does not say it
	default:
		if len(e.Causes) > 0 {
			for _, cause := range e.Causes {
				r.read(cause)
			}
			return
		}
	}
	tokens := pointer(e.InstanceLocation)
	value := at(r.root, tokens)
	before := len(r.found)
	if schema != nil {
		r.describe(schema, keyword, tokens, value)
	}
	if len(r.found) == before { // never lose a failure
		r.add(schema, tokens, keyword, Violation{"message": "failed to validate", "value": value})
	}
}

func (r *reader) add(schema *jsonschema.Schema, tokens []string, validator string, v Violation) {
	r.found = append(r.found, failure{tokens, validator, v, schema})
}

// locate splits the location of a keyword into the schema it stands in and the keyword. Some keywords are followed by
// the place in them that failed (allOf/0, dependencies/name/1). An error that only groups others may have no keyword.
func (r *reader) locate(location string) (schema *jsonschema.Schema, keyword string) {
	for cut := strings.LastIndexByte(location, '/'); cut > 0; cut = strings.LastIndexByte(location[:cut], '/') {
		if schema, ok := r.locations[location[:cut]]; ok {
			keyword, _, _ = strings.Cut(location[cut+1:], "/")
			return schema, keyword
		}
	}
	return nil, ""
}

// pointer reads a JSON pointer as the library writes it: "~" and "/" escaped, then percent-encoded.
func pointer(location string) []string {
	if location == "" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(location, "/"), "/")
	for i, t := range tokens {
		if plain, err := url.PathUnescape(t); err == nil {
			t = plain
		}
		tokens[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(t)
	}
	return tokens
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
