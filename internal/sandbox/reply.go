package sandbox

import (
	"encoding/json"

	"callfn/internal/runs"
)

// reply is a worker's answer. Its JSON comes from the engine and is sent unchanged.
type reply struct {
	run                  runs.ID
	outcome              runs.Outcome
	body, value          json.RawMessage // one of them, when OK
	failure              *runs.Failure
	logs, levels, missed json.RawMessage
}

func encodeFailure(f *runs.Failure) []byte {
	if f == nil {
		return nil
	}
	b, err := json.Marshal(f)
	if err != nil { // strings and ints: cannot happen
		return []byte(`{"message":"unprintable error"}`)
	}
	return b
}
