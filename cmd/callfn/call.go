package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"callfn/callflow"
	"callfn/internal/printable"
	"callfn/internal/runs"
)

type callCommand struct {
	clientFlags
	To       string `placeholder:"NUMBER"`
	Function string `placeholder:"FUNCTION"`
	callFlags
	scriptFlags
	Defaults bool
}

// Validate requires somebody whom the call is to, or a function that it runs.
func (c callCommand) Validate() error {
	if c.To == "" && c.Param["To"] == "" && c.Function == "" {
		return errorf("missing flags: --to=NUMBER, or --function=FUNCTION")
	}
	return nil
}

// Run rehearses the call and prints what would have happened. It fails if no callflow answers or a function fails.
func (c callCommand) Run(ctx context.Context, env environment) error {
	call, err := c.fields(c.To)
	if err != nil {
		return err
	}
	script, err := c.script(env)
	if err != nil {
		return err
	}
	api, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	if !script.IsZero() {
		call["script"] = script
	}
	if c.Function != "" {
		if call["function"], err = api.find(ctx, aFunction, c.Function); err != nil {
			return err
		}
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := api.do(ctx, http.MethodPut, api.path("simulations"), call, &answer); err != nil {
		return byFlag(err, c.Script)
	}
	var trace callflow.Trace
	if err := json.Unmarshal(answer.Data, &trace); err != nil {
		return unreachableError{errorf("%s does not answer like callfn: %w", api.base, err)}
	}
	if c.JSON {
		err = printJSON(env.stdout, answer.Data)
	} else {
		if c.Defaults {
			for _, step := range trace.Steps {
				if step.Function != nil {
					step.Function.Returned = nil
				}
			}
		}
		var story strings.Builder
		if err = callflow.WriteTrace(&story, trace, env.color()); err == nil {
			// WriteTrace has escaped outside text.
			_, err = io.WriteString(env.exact, printable.Fold(story.String(), env.columns))
		}
	}
	if err == nil && failed(trace) {
		return failedQuietly{}
	}
	return err
}

// failed reports whether no callflow answered the call, or a function returned no flow.
func failed(t callflow.Trace) bool {
	if t.Callflow == nil && len(t.Steps) == 0 {
		return true
	}
	for _, s := range t.Steps {
		if s.Function != nil && s.Function.Outcome != runs.OK {
			return true
		}
	}
	return false
}
