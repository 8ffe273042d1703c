package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"callfn/internal/redact"
)

// recordedRun is the API's record of a run that is to be repeated.
type recordedRun struct {
	FunctionID string            `json:"function_id"`
	Timestamp  time.Time         `json:"timestamp"`
	Parameters map[string]string `json:"parameters"`
}

// recorded reads a run whose parameters the service must have recorded.
func (c *client) recorded(ctx context.Context, run string) (recordedRun, error) {
	var answer struct{ Data recordedRun }
	if err := c.do(ctx, http.MethodGet, c.path("functions", "runs", run), nil, &answer); err != nil {
		return recordedRun{}, err
	}
	if len(answer.Data.Parameters) == 0 {
		return recordedRun{}, errorf("--like %s: the parameters of that run are not recorded: `callfn serve "+
			"--record-parameters` records those of further runs", run)
	}
	return answer.Data, nil
}

// like completes a pretend call and its script with the parameters and the time of a recorded run. Flags take
// precedence. Account-ID and what the record hides, such as digits, are not copied.
func (r recordedRun) like(call, script map[string]any) {
	for name, value := range r.Parameters {
		object, _, nested := strings.Cut(name, "[")
		if _, given := call[name]; given || name == "Account-ID" || strings.Contains(value, redact.Mark) {
			continue
		}
		if _, whole := call[object].(string); nested && whole {
			continue
		}
		put(call, name, value)
	}
	if _, given := script["now"]; !given {
		script["now"] = r.Timestamp.UTC().Format(time.RFC3339)
	}
}
