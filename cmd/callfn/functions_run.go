package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"callfn/internal/function"
)

type functionsRun struct {
	callFlags
	ID   string `arg:"" optional:"" help:"The function's id; leave out with --file."`
	File string `help:"Run this draft instead of a stored function, storing nothing; - for standard input." placeholder:"FILE"`
}

// runAnswer is what the API says of a run.
type runAnswer struct {
	Outcome    function.Outcome `json:"outcome"`
	Result     json.RawMessage  `json:"result"`
	Flow       json.RawMessage  `json:"flow"`
	Error      *function.Error  `json:"error"`
	Logs       []string         `json:"logs"`
	LogLevels  []string         `json:"log_levels"`
	Hints      []string         `json:"hints"`
	DurationMS json.Number      `json:"duration_ms"`
}

// Run runs the function and prints what came of it; it fails unless a valid flow came back.
func (c functionsRun) Run(ctx context.Context, w world, on *functionsCommand) error {
	if (c.ID == "") == (c.File == "") {
		return usageError{errorf("name either a function's id or a draft with --file")}
	}
	data := map[string]any{"call": c.fields()}
	if c.File != "" {
		source, err := readSource(w, c.File)
		if err != nil {
			return err
		}
		data["function_js"] = source
	}
	api, err := on.open(ctx, w)
	if err != nil {
		return err
	}
	path := api.path("functions", "run")
	if c.ID != "" {
		path = api.path("functions", c.ID, "run")
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := api.do(ctx, http.MethodPut, path, data, &answer); err != nil {
		return err
	}
	var run runAnswer
	if err := json.Unmarshal(answer.Data, &run); err != nil {
		return err
	}
	if on.JSON {
		err = printJSON(w.stdout, answer.Data)
	} else {
		err = printRun(w, run)
	}
	if err == nil && run.Outcome != function.OK {
		return failedQuietly{}
	}
	return err
}

func printRun(w world, run runAnswer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s in %s ms\n", run.Outcome, run.DurationMS)
	for i, line := range run.Logs {
		fmt.Fprintf(&b, "  %s: %s\n", function.LogLevel(run.LogLevels, i), line)
	}
	if e := run.Error; e != nil {
		fmt.Fprintf(&b, "  %s\n", e.Message)
		if e.Line > 0 {
			fmt.Fprintf(&b, "  at line %d", e.Line)
			if e.Column > 0 { // CouchDB's QuickJS tells none
				fmt.Fprintf(&b, ", column %d", e.Column)
			}
			b.WriteByte('\n')
		}
		if e.Source != "" {
			fmt.Fprintf(&b, "    %s\n", e.Source)
		}
		if e.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", e.Hint)
		}
	}
	for _, hint := range run.Hints {
		fmt.Fprintf(&b, "  hint: %s\n", hint)
	}
	shown := run.Flow
	if shown == nil || string(shown) == "null" {
		shown = run.Result
	}
	if shown != nil && string(shown) != "null" {
		if err := printJSON(&b, shown); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(w.stdout)
	return err
}
