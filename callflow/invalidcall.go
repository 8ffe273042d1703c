package callflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// InvalidCall says which members of a pretend call's description cannot be used. Fields has KAZOO's shape of field
// errors, ready for the `data` of a 400 answer: {"<path>": {"<rule>": {"message": …, "target": …}}} (kazoo-facts §1.7).
type InvalidCall struct {
	Fields map[string]any
}

func (e *InvalidCall) Error() string {
	return fmt.Sprintf("describe a pretend call: look at %s", strings.Join(slices.Sorted(maps.Keys(e.Fields)), ", "))
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
