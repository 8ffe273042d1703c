package autodisable

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"callfn/internal/function"
	"callfn/internal/redact"
	"callfn/internal/runs"
)

// longest is how much of an error's message a reason repeats, in bytes.
const longest = 300

var afterMS = regexp.MustCompile(`after (\d+) ms`)

// lastOf says how a run failed: "timeout after 1000 ms", "threw TypeError: x is undefined, line 3".
func lastOf(r function.Ran) string {
	s := string(r.Outcome)
	if r.Error == nil {
		return s
	}
	message := redact.New(r.Params).Text(r.Error.Message)
	if len(message) > longest {
		message = message[:longest] + "…"
	}
	message = strings.ToValidUTF8(message, "")
	switch m := afterMS.FindString(message); {
	case r.Outcome == runs.Timeout && m != "":
		s += " " + m
	case r.Outcome != runs.Timeout:
		s += " " + message
	}
	if r.Error.Line > 0 {
		s += fmt.Sprintf(", line %d", r.Error.Line)
	}
	return s
}

// reason is what whoever finds the function switched off reads: "6 failures in 60 s, last: timeout after 1000 ms".
func reason(t Threshold, last string) string {
	return fmt.Sprintf("%d failures in %g s, last: %s", t.Failures,
		float64(t.Within.Round(time.Millisecond))/float64(time.Second), last)
}
