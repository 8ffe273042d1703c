package sandbox

import (
	"bytes"
	"encoding/json"

	"callfn/internal/runs"
)

// The answer of `wh` for a function that threw the engine's out-of-memory error.
var (
	saysFull  = failedAs(runs.Memory)
	saysThrew = failedAs(runs.Threw)
)

func failedAs(o runs.Outcome) []byte {
	return []byte(`{"code":500,"json":{"error":"` + string(o) + `"`)
}

// blame tells a real out-of-memory error from one that a function only claims: the heap knows whether it refused an
// allocation.
func blame(a *reply, starved bool) {
	switch {
	case starved && a.outcome != runs.Timeout:
		a.outcome, a.body, a.value, a.failure = runs.Memory, nil, nil, nil
	case starved:
	case a.outcome == runs.Memory:
		a.outcome, a.failure = runs.Threw, &runs.Failure{Message: "Error: " + outOfMemory}
	case a.outcome == runs.OK && bytes.HasPrefix(a.body, saysFull):
		a.body = json.RawMessage(append(bytes.Clone(saysThrew), a.body[len(saysFull):]...))
	}
}
