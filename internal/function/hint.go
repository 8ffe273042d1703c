package function

import (
	"fmt"
	"maps"
	"slices"

	"callfn/schemas"
)

// hints says what to do about an outcome, for a person who sees it at night.
var hints = map[Outcome]string{
	NoFlow:      "end every path of the function with return {module: '…', data: {…}};",
	InvalidFlow: "return one callflow node: {module: '…', data: {…}, children: {…}}; the fields that fail are listed",
	Syntax:      "mend the function body and save it again: saving checks it",
	Threw:       "the function itself failed: run it as a draft with the same parameters to see where",
	Timeout:     "the function runs too long: look for a loop that does not end",
	Memory:      "the function builds too much data: look for a string or list that keeps growing",
	Crashed:     "the function brought its worker down; other calls were not affected; simplify it",
	TooLarge:    "return less: a flow is small; texts and tables belong into other documents",
	Disabled:    `switch it on again with PATCH {"data":{"enabled":true}}`,
	NotFound:    "check the id in the callflow: the function was deleted, or never was in this account",
	Refused:     "the platform did not run it; the message says why",
	EngineDown:  "the place that runs functions does not answer: look at its log, then at `callfn serve`'s",
}

// firstField names one field that fails and how many more do, so that a log line says what to look at.
func firstField(fields schemas.FieldErrors) string {
	paths := slices.Sorted(maps.Keys(fields))
	s := paths[0]
	for _, check := range slices.Sorted(maps.Keys(fields[s])) {
		what := fields[s][check]
		s += fmt.Sprintf(" (%v)", what["message"])
		if hint := what.Hint(); hint != "" {
			s += ": " + hint
		}
		break
	}
	if len(paths) > 1 {
		s += fmt.Sprintf(" and %d more", len(paths)-1)
	}
	return s
}
