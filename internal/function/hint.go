package function

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/runs"
	"callfn/schemas"
)

// hints says what to do about an outcome, for a person who sees it at night.
var hints = map[runs.Outcome]string{
	runs.NoFlow:      "end every path of the function with return {module: '…', data: {…}};",
	runs.InvalidFlow: "return one callflow node: {module: '…', data: {…}, children: {…}}",
	runs.Syntax:      "mend the function body and save it again: saving checks it",
	// where no line is known
	runs.Threw:      "the function itself failed: `callfn functions run --like RUN` repeats a run with its parameters",
	runs.Timeout:    "the function runs too long: look for a loop that does not end",
	runs.Memory:     "the function builds too much data: look for a string or list that keeps growing",
	runs.Crashed:    "the function brought its worker down; other calls were not affected; simplify it",
	runs.TooLarge:   "return less: a flow is small; texts and tables belong into other documents",
	runs.Disabled:   `switch it on again with PATCH {"data":{"enabled":true}}`,
	runs.NotFound:   "check the id in the callflow: the function was deleted, or never was in this account",
	runs.Refused:    "the platform did not run it; the message says why",
	runs.EngineDown: "the place that runs functions does not answer: look at its log, then at `callfn serve`'s",
}

// mostFields is how many fields that fail a message lists.
const mostFields = 10

// failing lists the fields that fail, so that a log line says what to look at.
func failing(fields schemas.FieldErrors) string {
	paths := slices.Sorted(maps.Keys(fields))
	var list []string
	for _, path := range paths[:min(len(paths), mostFields)] {
		list = append(list, failingField(path, fields[path]))
	}
	s := strings.Join(list, ", ")
	if more := len(paths) - mostFields; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

func failingField(path string, checks map[string]schemas.Violation) string {
	var messages []string
	hint := ""
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		what := checks[name]
		message := what.Message()
		if value, there := what["value"]; there && name == "type" {
			message += ", is " + literal(value)
		}
		messages = append(messages, message)
		if h := what.Hint(); h != "" {
			hint = ": " + h
		}
	}
	if len(messages) == 0 {
		return path
	}
	return path + " (" + strings.Join(messages, "; ") + ")" + hint
}

// literal writes a number, a boolean or null as it is; of anything else, which may be long or secret, what it is.
func literal(value any) string {
	switch v := value.(type) {
	case json.Number:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		return "an object"
	}
	return kindOf(value)
}
