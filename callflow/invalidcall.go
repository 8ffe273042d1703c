package callflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"callfn/schemas"
)

// InvalidCall reports which members of a pretend call's description are invalid. Fields has KAZOO's shape of field
// errors, ready for the `data` of a 400 answer: {"<path>": {"<rule>": {"message": …, "target": …}}}
// (docs/reference/kazoo.md#validation-errors).
type InvalidCall struct {
	Fields map[string]any
}

func (e *InvalidCall) Error() string {
	return fmt.Sprintf("describe a pretend call: look at %s", strings.Join(slices.Sorted(maps.Keys(e.Fields)), ", "))
}

// Errors returns the fields in the form of document validation.
func (e *InvalidCall) Errors() schemas.FieldErrors {
	var out schemas.FieldErrors
	for path, value := range e.Fields {
		rules, _ := value.(map[string]any)
		for rule, detail := range rules {
			violation, _ := detail.(map[string]any)
			out.Add(path, rule, violation)
		}
	}
	return out
}

func (e *InvalidCall) add(path, rule, message string, target any) {
	if e.Fields == nil {
		e.Fields = make(map[string]any)
	}
	detail := map[string]any{"message": message}
	if target != nil {
		detail["target"] = target
	}
	rules, _ := e.Fields[path].(map[string]any)
	if rules == nil {
		rules = make(map[string]any)
		e.Fields[path] = rules
	}
	rules[rule] = detail
}
