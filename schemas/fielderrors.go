package schemas

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"callfn/internal/jsonvalue"
)

// FieldErrors lists what is wrong with a value, in the shape of KAZOO's "data" for a 400
// (docs/reference/kazoo.md#validation-errors): path ("flow.children._.data.text") → validator key ("required") →
// violation. nil or empty means valid.
type FieldErrors map[string]map[string]Violation

// Violation describes one failure. It always has "message"; most have "value" (the sent value), many "target" (what the
// schema requires). Values are plain JSON values.
type Violation map[string]any

// Message returns the violation's "message".
func (v Violation) Message() string {
	s, _ := v["message"].(string)
	return s
}

// Path joins names into a path as KAZOO does: with ".", and literal dots written %2E. Array indexes count from 0.
func Path(elems ...string) string { return jsonvalue.Path(elems...) }

// Add adds one violation at path, which [Path] makes. It replaces a violation at path under the same key. The zero
// FieldErrors is ready for use.
func (e *FieldErrors) Add(path, validator string, v Violation) {
	if *e == nil {
		*e = FieldErrors{}
	}
	at := (*e)[path]
	if at == nil {
		at = map[string]Violation{}
		(*e)[path] = at
	}
	at[validator] = v
}

// Merge adds all of other. It shares the violations.
func (e *FieldErrors) Merge(other FieldErrors) {
	for path, at := range other {
		for validator, v := range at {
			e.Add(path, validator, v)
		}
	}
}

// Under returns the same errors with prefix before every path, for a value that was validated by itself but is deeper
// in the client's data.
func (e FieldErrors) Under(prefix string) FieldErrors {
	var out FieldErrors
	for path, at := range e {
		switch {
		case prefix == "":
		case path == "":
			path = prefix
		default:
			path = prefix + "." + path
		}
		for validator, v := range at {
			out.Add(path, validator, v)
		}
	}
	return out
}

// AddHints adds to errors about missing and unknown keys what was probably meant. The warnings must be of the same
// value.
func (e FieldErrors) AddHints(warnings []Warning) {
	for _, w := range warnings {
		meant := w.Suggestion
		if meant == "" {
			continue
		}
		if i := strings.LastIndexByte(w.Path, '.'); i >= 0 {
			meant = w.Path[:i+1] + meant
		}
		for _, violation := range []Violation{e[meant]["required"], e[w.Path]["additionalProperties"]} {
			if violation != nil {
				violation["hint"] = w.Message
			}
		}
	}
}

// Hint returns the violation's "hint", or "" if there is none.
func (v Violation) Hint() string {
	s, _ := v["hint"].(string)
	return s
}

// Has reports whether path failed validator.
func (e FieldErrors) Has(path, validator string) bool {
	_, ok := e[path][validator]
	return ok
}

// Err returns e as an error, or nil if it is empty. (A nil FieldErrors in an error variable would not be nil.)
func (e FieldErrors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// Error lists the failures in a fixed order: "data.text: Field is required but missing; …". It cuts long lists after
// ten and counts the rest. It names paths and rules but no values, which may be secrets, so it may be logged.
func (e FieldErrors) Error() string {
	const most = 10
	var lines []string
	total := 0
	for _, path := range slices.Sorted(maps.Keys(e)) {
		for _, validator := range slices.Sorted(maps.Keys(e[path])) {
			total++
			if total > most {
				continue
			}
			line := e[path][validator].Message()
			if line == "" {
				line = validator
			}
			if hint := e[path][validator].Hint(); hint != "" {
				line += " (" + hint + ")"
			}
			if path != "" {
				line = path + ": " + line
			}
			lines = append(lines, line)
		}
	}
	if total == 0 {
		return "no field errors"
	}
	if total > most {
		lines = append(lines, fmt.Sprintf("and %d more", total-most))
	}
	return strings.Join(lines, "; ")
}
