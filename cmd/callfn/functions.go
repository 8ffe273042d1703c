package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"callfn/internal/bindings"
	"callfn/internal/printable"
)

type functionsCommand struct {
	clientFlags

	List    functionsList    `cmd:""`
	Get     functionsGet     `cmd:""`
	Put     functionsPut     `cmd:""`
	Enable  functionsEnable  `cmd:""`
	Disable functionsDisable `cmd:""`
	Rename  functionsRename  `cmd:""`
	Delete  functionsDelete  `cmd:""`

	Undelete functionsUndelete `cmd:""`

	Run  functionsRun  `cmd:""`
	Runs functionsRuns `cmd:""`

	Test        functionsTest        `cmd:""`
	ExportTests functionsExportTests `cmd:"" name:"export-tests"`
	ImportTests functionsImportTests `cmd:"" name:"import-tests"`
}

// functionDoc is a function as the commands show it.
type functionDoc struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	FunctionJS    string `json:"function_js"`
	Enabled       *bool  `json:"enabled"`
	DisableReason string `json:"disable_reason"`
	Modified      int64  `json:"modified"`

	Bindings json.RawMessage `json:"bindings"`
}

func (f functionDoc) state() string {
	switch {
	case f.Enabled == nil || *f.Enabled:
		return "enabled"
	case f.DisableReason != "":
		return "disabled: " + f.DisableReason
	}
	return "disabled"
}

type functionsList struct{ deletedFlag }

// Run prints one line per function.
func (c functionsList) Run(ctx context.Context, env environment, on *functionsCommand) error {
	if c.Deleted {
		return on.listDeleted(ctx, env, aFunction)
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	return on.send(ctx, env, api, http.MethodGet, api.path("functions")+"?paginate=false", nil,
		func(raw json.RawMessage) error { return printFunctions(env, raw, api.lastRuns(ctx)) })
}

// lastRuns returns the last run of each function, as far as the account's latest runs show it.
func (c *client) lastRuns(ctx context.Context) map[string]runLine {
	var runs []runLine
	last := map[string]runLine{}
	if err := c.get(ctx, c.path("functions", "runs")+"?page_size=1000", &runs); err != nil {
		return last // the listing is useful without them
	}
	for _, run := range runs { // newest first
		if _, later := last[run.FunctionID]; !later {
			last[run.FunctionID] = run
		}
	}
	return last
}

func printFunctions(env environment, raw json.RawMessage, last map[string]runLine) error {
	list, err := decodeList[functionDoc](env, raw,
		"no functions yet: store one with `callfn functions put --name NAME FILE.js`")
	if err != nil || len(list) == 0 {
		return err
	}
	slices.SortFunc(list, func(a, b functionDoc) int { return cmp.Or(byName(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	t := newTable("ID", "STATE", "CHANGED", "LAST RUN", "NAME")
	for _, f := range list {
		t.row(f.ID, f.state(), changed(f.Modified), string(last[f.ID].Outcome), f.Name)
	}
	return t.print(env)
}

// byName compares names regardless of case.
func byName(a, b string) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}

// functionArg is the argument that names a function.
type functionArg struct {
	ID string `arg:"" name:"function"`
}

type functionsGet struct{ functionArg }

// Run prints the function's source, byte for byte. Remarks about it go to a terminal's stderr.
func (c functionsGet) Run(ctx context.Context, env environment, on *functionsCommand) error {
	return on.sendOf(ctx, env, http.MethodGet, aFunction, c.ID, nil, aboutFunction(func(f functionDoc) error {
		if env.stderrIsTerminal {
			_, _ = printable.Fprintf(env.stderr, "// %s %s, %s\n", f.ID, quoted(f.Name), f.state())
			if bindings.Declared(f.Bindings) {
				_, _ = printable.Fprintf(env.stderr, "// bindings: %s\n", f.Bindings)
			}
		}
		return env.printExactly(f.FunctionJS)
	}))
}

// printExactly prints text byte for byte into files and pipes. On a terminal it escapes control characters and ends the
// last line.
func (env environment) printExactly(text string) error {
	if !env.stdoutIsTerminal {
		_, err := io.WriteString(env.exact, text)
		return err
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err := io.WriteString(env.stdout, strings.ReplaceAll(text, "\r\n", "\n"))
	return err
}

// quoted returns a name in quotes.
func quoted(name string) string { return `"` + printable.Text(name) + `"` }

// aboutFunction decodes the function in an answer and passes it to text.
func aboutFunction(text func(functionDoc) error) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var doc functionDoc
		if err := json.Unmarshal(raw, &doc); err != nil {
			return err
		}
		return text(doc)
	}
}

// functionDone prints what was done to a function.
func functionDone(env environment, done string) func(json.RawMessage) error {
	return aboutFunction(func(f functionDoc) error {
		_, err := printable.Fprintf(env.stdout, "%s %s %s\n", done, f.ID, quoted(f.Name))
		return err
	})
}

type functionsPut struct {
	ID   string `placeholder:"FUNCTION"`
	Name string

	Bindings string `placeholder:"FILE"`
	RunTests bool   `name:"run-tests"`

	File string `arg:""`
}

// Run stores the file unchanged.
func (c functionsPut) Run(ctx context.Context, env environment, on *functionsCommand) error {
	source, err := readText(env, c.File)
	if err != nil {
		return err
	}
	data := map[string]any{"function_js": source}
	if c.Name != "" {
		data["name"] = c.Name
	}
	if c.Bindings != "" {
		text, err := readText(env, c.Bindings)
		if err != nil {
			return err
		}
		if !json.Valid([]byte(text)) {
			return usageError{errorf("--bindings %s: the file has no JSON", c.Bindings)}
		}
		data["bindings"] = json.RawMessage(text)
	}
	if c.ID == "" && c.Name == "" {
		return usageError{errorf("a new function needs --name")}
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	if c.ID == "" {
		return on.send(ctx, env, api, http.MethodPut, api.path("functions"), data, functionDone(env, "stored"))
	}
	path, err := api.of(ctx, aFunction, c.ID)
	if err != nil {
		return err
	}
	return on.send(ctx, env, api, http.MethodPatch, path+runTestsQuery(c.RunTests), data, functionDone(env, "replaced"))
}

type functionsEnable struct{ functionArg }

// Run enables the function.
func (c functionsEnable) Run(ctx context.Context, env environment, on *functionsCommand) error {
	return on.sendOf(ctx, env, http.MethodPatch, aFunction, c.ID, map[string]any{"enabled": true},
		functionDone(env, "enabled"))
}

type functionsDisable struct{ functionArg }

// Run disables the function.
func (c functionsDisable) Run(ctx context.Context, env environment, on *functionsCommand) error {
	return on.sendOf(ctx, env, http.MethodPatch, aFunction, c.ID, map[string]any{"enabled": false},
		functionDone(env, "disabled"))
}

type functionsRename struct {
	functionArg
	Name string `arg:""`
}

// Run renames the function.
func (c functionsRename) Run(ctx context.Context, env environment, on *functionsCommand) error {
	return on.sendOf(ctx, env, http.MethodPatch, aFunction, c.ID, map[string]any{"name": c.Name},
		functionDone(env, "renamed"))
}

type functionsDelete struct {
	functionArg
	confirmFlag
}

// Run deletes the function; callflows with it continue at their _ child.
func (c functionsDelete) Run(ctx context.Context, env environment, on *functionsCommand) error {
	return on.remove(ctx, env, aFunction, c.ID, c.confirmFlag, functionDone(env, "deleted"))
}

type functionsUndelete struct{ functionArg }

// Run restores the function.
func (c functionsUndelete) Run(ctx context.Context, env environment, on *functionsCommand) error {
	return on.undelete(ctx, env, aFunction, c.ID, functionDone(env, "brought back"))
}

// remove deletes a thing that a person names, after they confirm.
func (f clientFlags) remove(ctx context.Context, env environment, n noun, ref string, agree confirmFlag,
	text func(json.RawMessage) error,
) error {
	api, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	path, err := api.of(ctx, n, ref)
	if err != nil {
		return err
	}
	if !agree.Yes {
		d, err := api.deletionOf(ctx, n, path)
		if err != nil {
			return err
		}
		if err := agree.confirm(ctx, env, d); err != nil {
			return err
		}
	}
	return f.send(ctx, env, api, http.MethodDelete, path, nil, text)
}

// deletionOf returns what is deleted with a thing.
func (c *client) deletionOf(ctx context.Context, n noun, path string) (question, error) {
	var doc item
	if err := c.get(ctx, path, &doc); err != nil {
		return question{}, err
	}
	d := question{
		does: "delete the " + n.one,
		name: firstOf(doc.Name, doc.Username, strings.Join(doc.Numbers, " "), doc.ID),
	}
	if d.name != doc.ID {
		d.about = doc.ID
	}
	if n.one == aFunction.one || n.one == aCallflow.one {
		var cases []json.RawMessage
		if err := c.get(ctx, path+"/tests?paginate=false", &cases); err == nil && len(cases) > 0 {
			d.about += ", with " + count(len(cases), "test case")
		}
	}
	if len(doc.Numbers) > 0 {
		d.about += ", which answers " + strings.Join(doc.Numbers, " ")
	}
	return d, nil
}

func firstOf(words ...string) string {
	for _, word := range words {
		if word != "" {
			return word
		}
	}
	return ""
}

// printJSON prints data indented, with members in the server's order.
func printJSON(out io.Writer, data json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, printable.JSON(data), "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := b.WriteTo(out)
	return err
}
