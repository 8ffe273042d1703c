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

// functionDoc is what the commands show of a function.
type functionDoc struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	FunctionJS    string `json:"function_js"`
	Enabled       *bool  `json:"enabled"`
	DisableReason string `json:"disable_reason"`
	Modified      int64  `json:"modified"`
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

// Run prints one line a function.
func (c functionsList) Run(ctx context.Context, w world, on *functionsCommand) error {
	if c.Deleted {
		return on.listDeleted(ctx, w, aFunction)
	}
	api, err := on.open(ctx, w)
	if err != nil {
		return err
	}
	return on.send(ctx, w, api, http.MethodGet, api.path("functions")+"?paginate=false", nil,
		func(raw json.RawMessage) error { return printFunctions(w, raw, api.lastRuns(ctx)) })
}

// lastRuns says of functions what came of their last run, as far as the account's latest runs tell.
func (c *client) lastRuns(ctx context.Context) map[string]runLine {
	var runs []runLine
	last := map[string]runLine{}
	if err := c.get(ctx, c.path("functions", "runs")+"?page_size=1000", &runs); err != nil {
		return last // a listing without them is better than none
	}
	for _, run := range runs { // newest first
		if _, later := last[run.FunctionID]; !later {
			last[run.FunctionID] = run
		}
	}
	return last
}

func printFunctions(w world, raw json.RawMessage, last map[string]runLine) error {
	var list []functionDoc
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	if len(list) == 0 {
		_, err := printable.Fprintln(w.stderr, "no functions yet: store one with `callfn functions put --name NAME FILE.js`")
		return err
	}
	slices.SortFunc(list, func(a, b functionDoc) int { return cmp.Or(byName(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	t := newTable("ID", "STATE", "CHANGED", "LAST RUN", "NAME")
	for _, f := range list {
		t.row(f.ID, f.state(), changed(f.Modified), string(last[f.ID].Outcome), f.Name)
	}
	return t.print(w)
}

// byName compares names as people sort them, capitals or not.
func byName(a, b string) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}

// functionArg is the function that a command is about.
type functionArg struct {
	ID string `arg:"" name:"function"`
}

type functionsGet struct{ functionArg }

// Run prints the function's source, byte for byte. What a person should know of it goes to their terminal besides.
func (c functionsGet) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.sendOf(ctx, w, http.MethodGet, aFunction, c.ID, nil, aboutFunction(func(f functionDoc) error {
		if w.stderrIsTerminal {
			_, _ = printable.Fprintf(w.stderr, "// %s %s, %s\n", f.ID, quoted(f.Name), f.state())
		}
		return w.printExactly(f.FunctionJS)
	}))
}

// printExactly prints text byte for byte into files and pipes. On a terminal it is shown so that it cannot steer it,
// and ends its last line.
func (w world) printExactly(text string) error {
	if !w.stdoutIsTerminal {
		_, err := io.WriteString(w.exact, text)
		return err
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err := io.WriteString(w.stdout, strings.ReplaceAll(text, "\r\n", "\n"))
	return err
}

// quoted is a name in quotes.
func quoted(name string) string { return `"` + printable.Text(name) + `"` }

// aboutFunction hands over the function that an answer is about.
func aboutFunction(text func(functionDoc) error) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var doc functionDoc
		if err := json.Unmarshal(raw, &doc); err != nil {
			return err
		}
		return text(doc)
	}
}

// functionDone says what was done to a function.
func functionDone(w world, done string) func(json.RawMessage) error {
	return aboutFunction(func(f functionDoc) error {
		_, err := printable.Fprintf(w.stdout, "%s %s %s\n", done, f.ID, quoted(f.Name))
		return err
	})
}

type functionsPut struct {
	ID   string `placeholder:"FUNCTION"`
	Name string

	RunTests bool `name:"run-tests"`

	File string `arg:""`
}

// Run stores the file as it is.
func (c functionsPut) Run(ctx context.Context, w world, on *functionsCommand) error {
	source, err := readText(w, c.File)
	if err != nil {
		return err
	}
	data := map[string]any{"function_js": source}
	if c.Name != "" {
		data["name"] = c.Name
	}
	if c.ID == "" && c.Name == "" {
		return usageError{errorf("a new function needs --name")}
	}
	api, err := on.open(ctx, w)
	if err != nil {
		return err
	}
	if c.ID == "" {
		return on.send(ctx, w, api, http.MethodPut, api.path("functions"), data, functionDone(w, "stored"))
	}
	path, err := api.of(ctx, aFunction, c.ID)
	if err != nil {
		return err
	}
	return on.send(ctx, w, api, http.MethodPatch, path+runTestsQuery(c.RunTests), data, functionDone(w, "replaced"))
}

type functionsEnable struct{ functionArg }

// Run switches the function on.
func (c functionsEnable) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.sendOf(ctx, w, http.MethodPatch, aFunction, c.ID, map[string]any{"enabled": true},
		functionDone(w, "enabled"))
}

type functionsDisable struct{ functionArg }

// Run switches the function off.
func (c functionsDisable) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.sendOf(ctx, w, http.MethodPatch, aFunction, c.ID, map[string]any{"enabled": false},
		functionDone(w, "disabled"))
}

type functionsRename struct {
	functionArg
	Name string `arg:""`
}

// Run changes the function's name.
func (c functionsRename) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.sendOf(ctx, w, http.MethodPatch, aFunction, c.ID, map[string]any{"name": c.Name}, functionDone(w, "renamed"))
}

type functionsDelete struct {
	functionArg
	confirmFlag
}

// Run deletes the function; callflows that name it go on at their _ child.
func (c functionsDelete) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.remove(ctx, w, aFunction, c.ID, c.confirmFlag, functionDone(w, "deleted"))
}

type functionsUndelete struct{ functionArg }

// Run brings the function back.
func (c functionsUndelete) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.undelete(ctx, w, aFunction, c.ID, functionDone(w, "brought back"))
}

// remove deletes a thing that a person names, once they agree.
func (f clientFlags) remove(ctx context.Context, w world, n noun, ref string, agree confirmFlag,
	text func(json.RawMessage) error,
) error {
	api, err := f.open(ctx, w)
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
		if err := agree.confirm(ctx, w, d); err != nil {
			return err
		}
	}
	return f.send(ctx, w, api, http.MethodDelete, path, nil, text)
}

// deletionOf says what goes with a thing.
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

// printJSON prints data indented, as the server sent it.
func printJSON(out io.Writer, data json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, printable.JSON(data), "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := b.WriteTo(out)
	return err
}
