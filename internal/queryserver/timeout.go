package queryserver

import (
	"bytes"
	"encoding/json"
	"time"

	"callfn/internal/runs"
)

// Timeout is the function's own deadline, its document's `timeout_ms` (1 to 5,000); 0 when it has none.
func Timeout(doc json.RawMessage) time.Duration {
	if !bytes.Contains(doc, []byte(`"timeout_ms"`)) {
		return 0
	}
	var d struct {
		TimeoutMS float64 `json:"timeout_ms"`
	}
	if json.Unmarshal(doc, &d) != nil || d.TimeoutMS < 1 || d.TimeoutMS > float64(runs.MaxDeadline.Milliseconds()) {
		return 0
	}
	return time.Duration(d.TimeoutMS) * time.Millisecond
}
