package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
)

type functionsCommand struct {
	clientFlags

	List   functionsList   `cmd:"" help:"List the account's functions."`
	Get    functionsGet    `cmd:"" help:"Show one function with its source."`
	Put    functionsPut    `cmd:"" help:"Store a function from a file of JavaScript; with --id, replace that one."`
	Delete functionsDelete `cmd:"" help:"Delete a function and its test cases."`
	Run    functionsRun    `cmd:"" help:"Run a stored function, or a draft from a file, on a pretend call."`
	Runs   functionsRuns   `cmd:"" help:"Show what came of a function's runs, the last ones last."`

	Test        functionsTest        `cmd:"" help:"Run the test cases saved with a function. Exit code 1 when one fails."`
	ExportTests functionsExportTests `cmd:"" name:"export-tests" help:"Write the saved test cases as files, one a case."`
	ImportTests functionsImportTests `cmd:"" name:"import-tests" help:"Save test cases from files."`
}

// functionDoc is what the commands show of a function.
type functionDoc struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	FunctionJS    string `json:"function_js"`
	Enabled       *bool  `json:"enabled"`
	DisableReason string `json:"disable_reason"`
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

type functionsList struct{}

// Run prints one line a function.
func (functionsList) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.ask(ctx, w, http.MethodGet, func(api *client) string { return api.path("functions") + "?paginate=false" }, nil,
		func(raw json.RawMessage) error { return printFunctions(w, raw) })
}

func printFunctions(w world, raw json.RawMessage) error {
	var list []functionDoc
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(w.stderr, "no functions yet: store one with `callfn functions put --name NAME FILE.js`")
		return err
	}
	t := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	for _, f := range list {
		if _, err := fmt.Fprintf(t, "%s\t%s\t%s\n", f.ID, f.state(), f.Name); err != nil {
			return err
		}
	}
	return t.Flush()
}

type functionsGet struct {
	ID string `arg:"" help:"The function's id."`
}

// Run prints the function's source under a line about it.
func (c functionsGet) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.show(ctx, w, http.MethodGet, func(api *client) string { return api.path("functions", c.ID) }, nil, func(f functionDoc) error {
		_, err := fmt.Fprintf(w.stdout, "// %s %q, %s\n%s\n", f.ID, f.Name, f.state(), f.FunctionJS)
		return err
	})
}

// show sends one request about one function and prints the answer as asked.
func (f clientFlags) show(ctx context.Context, w world, method string, path func(*client) string, data any, text func(functionDoc) error) error {
	return f.ask(ctx, w, method, path, data, func(raw json.RawMessage) error {
		var doc functionDoc
		if err := json.Unmarshal(raw, &doc); err != nil {
			return err
		}
		return text(doc)
	})
}

type functionsPut struct {
	ID   string `help:"Replace the source of this function instead of storing a new one." placeholder:"ID"`
	Name string `help:"What the function is called; needed for a new one."`

	RunTests bool `help:"With --id: replace it only if its saved test cases pass." name:"run-tests"`

	File string `arg:"" help:"The function body in JavaScript; - for standard input."`
}

// Run stores the file as it is.
func (c functionsPut) Run(ctx context.Context, w world, on *functionsCommand) error {
	source, err := readSource(w, c.File)
	if err != nil {
		return err
	}
	data := map[string]any{"function_js": source}
	if c.Name != "" {
		data["name"] = c.Name
	}
	method, path, done := http.MethodPatch, func(api *client) string { return api.path("functions", c.ID) + runTestsQuery(c.RunTests) }, "replaced"
	if c.ID == "" {
		if c.Name == "" {
			return usageError{errorf("a new function needs --name")}
		}
		method, path, done = http.MethodPut, func(api *client) string { return api.path("functions") }, "stored"
	}
	return on.show(ctx, w, method, path, data, func(f functionDoc) error {
		_, err := fmt.Fprintf(w.stdout, "%s %s %q\n", done, f.ID, f.Name)
		return err
	})
}

type functionsDelete struct {
	ID string `arg:"" help:"The function's id."`
}

// Run deletes the function; callflows that name it go on at their _ child.
func (c functionsDelete) Run(ctx context.Context, w world, on *functionsCommand) error {
	return on.show(ctx, w, http.MethodDelete, func(api *client) string { return api.path("functions", c.ID) }, nil, func(f functionDoc) error {
		_, err := fmt.Fprintf(w.stdout, "deleted %s %q\n", c.ID, f.Name)
		return err
	})
}

// readSource reads a function body of at most 1 MiB; the server's own limit is lower and named by the server.
func readSource(w world, file string) (string, error) {
	r := w.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", usageError{err}
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	text, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return "", usageError{errorf("read %s: %w", file, err)}
	}
	return strings.TrimSuffix(string(text), "\n"), nil
}

// printJSON prints data indented, as the server sent it.
func printJSON(out io.Writer, data json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := b.WriteTo(out)
	return err
}
