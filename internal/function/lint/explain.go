package lint

import (
	"strings"

	"callfn/internal/runs"
)

// Explain explains a failed run to the author of the function. Without a body it only explains the message.
func Explain(body string, outcome runs.Outcome, f Fault) Advice {
	switch outcome {
	case runs.Syntax:
		if body != "" {
			return Syntax(body, f)
		}
	case runs.Threw:
		return Thrown(body, f)
	case runs.NoFlow:
		if strings.Contains(f.Message, "returned function") {
			return Advice{Hint: "a function was returned, and not what it returns: call it, return NAME(call);"}
		}
		if body != "" {
			return nothingReturned(body)
		}
	case runs.InvalidFlow:
		if strings.Contains(f.Message, "returned a Promise") {
			return Advice{
				Hint: "take `async`, `await` and Promise away, and return the flow itself: what has to be waited for is never " +
					"there",
			}
		}
	}
	return Advice{}
}

// nothingReturned explains why a function returned nothing. It returns an empty Advice if only some path lacks its
// return.
func nothingReturned(body string) Advice {
	fault, remarks := Check(body)
	if fault != nil {
		return Advice{Hint: fault.Message + ": " + fault.Hint, Line: fault.Line, Column: fault.Column}
	}
	for _, r := range remarks {
		if r.Rule == "cut_return" {
			return Advice{Hint: r.Message, Line: r.Line, Column: r.Column}
		}
	}
	return Advice{}
}
