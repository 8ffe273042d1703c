package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"callfn/internal/function"
	"callfn/internal/printable"
	"callfn/internal/runs"
)

type functionsRun struct {
	To string `placeholder:"NUMBER"`
	callFlags
	momentFlags
	Digits string   `placeholder:"DIGITS"`
	HTTP   []string `name:"http" placeholder:"URL=ANSWER" sep:"none"`

	ID       string `arg:"" optional:"" name:"function"`
	File     string `placeholder:"FILE"`
	ForValue bool
	Like     string `placeholder:"RUN"`
	Defaults bool
}

// runAnswer is the API's answer to a run.
type runAnswer struct {
	Outcome    runs.Outcome    `json:"outcome"`
	Result     json.RawMessage `json:"result"`
	Flow       json.RawMessage `json:"flow"`
	Error      *function.Error `json:"error"`
	Logs       []string        `json:"logs"`
	LogLevels  []string        `json:"log_levels"`
	Hints      []string        `json:"hints"`
	Effects    []runs.Effect   `json:"effects"`
	DurationMS json.Number     `json:"duration_ms"`
	At         string          `json:"at"`
	TimeZone   string          `json:"timezone"`
	Notes      []string        `json:"notes"`
}

// Run runs the function and prints the result. It fails unless the function returns a valid flow.
func (c functionsRun) Run(ctx context.Context, env environment, on *functionsCommand) error {
	switch {
	case c.ID != "" && c.File != "", c.ID == "" && c.File == "" && c.Like == "":
		return usageError{errorf("name either a function's id or a draft with --file")}
	case c.ForValue:
		return c.runForValue(ctx, env, on)
	case c.To == "" && c.Param["To"] == "" && c.Like == "":
		return usageError{errorf("missing flags: --to=NUMBER, or --like=RUN")}
	}
	call, err := c.fields(c.To)
	if err != nil {
		return err
	}
	script := map[string]any{}
	if c.Digits != "" {
		call["Digits"] = c.Digits
	}
	data := map[string]any{"call": call}
	c.momentFlags.into(script)
	for _, given := range c.HTTP {
		address, reply, err := httpAnswer(env, given)
		if err != nil {
			return err
		}
		into(script, "http")[address] = reply
	}
	if err := c.addDraft(env, data); err != nil {
		return err
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	if c.Like != "" {
		run, err := api.recorded(ctx, c.Like)
		if err != nil {
			return err
		}
		run.like(call, script)
		if c.ID == "" && c.File == "" {
			c.ID = run.FunctionID
		}
	}
	if len(script) > 0 {
		data["script"] = script
	}
	path, err := c.path(ctx, api)
	if err != nil {
		return err
	}
	return c.send(ctx, env, on, api, path, data)
}

// runForValue runs the function in earnest for the value that it returns; --param alone gives it parameters.
func (c functionsRun) runForValue(ctx context.Context, env environment, on *functionsCommand) error {
	if c.To+c.From+c.CallerIDName+c.CallerIDNumber+c.Digits+c.Like+c.At+c.Timezone != "" || c.Defaults || len(c.HTTP) > 0 {
		return usageError{errorf("--for-value makes no call: it takes --param, --file and --json alone")}
	}
	params := map[string]any{}
	for name, value := range c.Param {
		params[name] = value
	}
	data := map[string]any{"params": params}
	if err := c.addDraft(env, data); err != nil {
		return err
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	path, err := c.path(ctx, api)
	if err != nil {
		return err
	}
	return c.send(ctx, env, on, api, path+"?result=any", data)
}

// addDraft adds the source of a draft to the request.
func (c functionsRun) addDraft(env environment, data map[string]any) error {
	if c.File == "" {
		return nil
	}
	source, err := readText(env, c.File)
	data["function_js"] = source
	return err
}

// path returns the API's path that runs the named function, or a draft.
func (c functionsRun) path(ctx context.Context, api *client) (string, error) {
	if c.ID == "" {
		return api.path("functions", "run"), nil
	}
	return api.of(ctx, aFunction, c.ID, "run")
}

// send requests the run and prints the result.
func (c functionsRun) send(ctx context.Context, env environment, on *functionsCommand, api *client, path string,
	data any,
) error {
	var answer struct {
		Data     json.RawMessage      `json:"data"`
		Warnings map[string][]warning `json:"warnings"`
	}
	if err := api.do(ctx, http.MethodPut, path, data, &answer); err != nil {
		return byFlag(err, "")
	}
	if err := printWarnings(env.stderr, answer.Warnings); err != nil {
		return err
	}
	var run runAnswer
	if err := json.Unmarshal(answer.Data, &run); err != nil {
		return err
	}
	var err error
	if on.JSON {
		err = printJSON(env.stdout, answer.Data)
	} else {
		err = printRun(env, run, c.Defaults)
	}
	if err == nil && run.Outcome != runs.OK {
		return failedQuietly{}
	}
	return err
}

func printRun(env environment, run runAnswer, defaults bool) error {
	var b bytes.Buffer
	printable.Fprintf(&b, "%s in %s ms\n", run.Outcome, run.DurationMS)
	if at := rehearsedAt(run.At, run.TimeZone); at != "" {
		printable.Fprintf(&b, "  at %s\n", at)
	}
	for _, note := range run.Notes {
		printable.Fprintf(&b, "  note: %s\n", note)
	}
	for i, line := range run.Logs {
		printable.Fprintf(&b, "  %s: %s\n", function.LogLevel(run.LogLevels, i), line)
	}
	printFault(&b, run.Error)
	for _, effect := range run.Effects {
		printable.Fprintf(&b, "  effect: %s\n", effect.String())
	}
	for _, hint := range run.Hints {
		printable.Fprintf(&b, "  hint: %s\n", hint)
	}
	shown := run.Result
	if empty(shown) || defaults && !empty(run.Flow) {
		shown = run.Flow
	}
	if !empty(shown) {
		if err := printJSON(&b, shown); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(env.stdout)
	return err
}

func empty(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }

// printFault prints what was wrong with a run, and where.
func printFault(out io.Writer, e *function.Error) {
	if e == nil {
		return
	}
	printable.Fprintf(out, "  %s\n", e.Message)
	if e.Line > 0 {
		printable.Fprintf(out, "  at line %d", e.Line)
		if e.Column > 0 { // CouchDB's QuickJS gives no column
			printable.Fprintf(out, ", column %d", e.Column)
		}
		printable.Fprintf(out, "\n")
	}
	if e.Source != "" {
		printable.Fprintf(out, "    %s\n", e.Source)
	}
	if e.Hint != "" {
		printable.Fprintf(out, "  hint: %s\n", e.Hint)
	}
}
