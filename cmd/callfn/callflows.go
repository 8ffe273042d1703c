package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"

	"callfn/internal/jsonvalue"
)

type callflowsCommand struct {
	clientFlags

	List        callflowsList        `cmd:"" help:"List the account's callflows with their numbers."`
	Get         callflowsGet         `cmd:"" help:"Show one callflow as JSON, as put takes it."`
	Put         callflowsPut         `cmd:"" help:"Store a callflow from a file of JSON; with --id, replace that one."`
	Delete      callflowsDelete      `cmd:"" help:"Delete a callflow and its test cases."`
	Test        callflowsTest        `cmd:"" help:"Run the test cases saved with a callflow. Exit code 1 when one fails."`
	ExportTests callflowsExportTests `cmd:"" name:"export-tests" help:"Write the saved test cases as files, one a case."`
	ImportTests callflowsImportTests `cmd:"" name:"import-tests" help:"Save test cases from files."`
}

// callflowDoc is what the commands show of a callflow.
type callflowDoc struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Numbers  []string `json:"numbers"`
	Patterns []string `json:"patterns"`
}

func (c callflowDoc) String() string {
	return strings.TrimSpace(c.ID + " " + strings.Join(append(c.Numbers, c.Patterns...), " ") + " " + c.Name)
}

type callflowsList struct{}

// Run prints one line a callflow.
func (callflowsList) Run(ctx context.Context, w world, on *callflowsCommand) error {
	return on.ask(ctx, w, http.MethodGet, func(api *client) string { return api.path("callflows") + "?paginate=false" }, nil,
		func(raw json.RawMessage) error {
			var list []callflowDoc
			if err := json.Unmarshal(raw, &list); err != nil {
				return err
			}
			if len(list) == 0 {
				_, err := fmt.Fprintln(w.stderr, "no callflows yet: store one with `callfn callflows put FILE.json`")
				return err
			}
			t := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
			for _, c := range list {
				if _, err := fmt.Fprintf(t, "%s\t%s\t%s\n", c.ID, strings.Join(append(c.Numbers, c.Patterns...), " "), c.Name); err != nil {
					return err
				}
			}
			return t.Flush()
		})
}

type callflowsGet struct {
	ID string `arg:"" help:"The callflow's id."`
}

// Run prints the callflow as JSON.
func (c callflowsGet) Run(ctx context.Context, w world, on *callflowsCommand) error {
	return on.ask(ctx, w, http.MethodGet, func(api *client) string { return api.path("callflows", c.ID) }, nil,
		func(raw json.RawMessage) error { return printJSON(w.stdout, raw) })
}

type callflowsPut struct {
	ID       string `help:"Replace this callflow instead of storing a new one." placeholder:"ID"`
	RunTests bool   `help:"With --id: replace it only if its saved test cases pass." name:"run-tests"`
	File     string `arg:"" help:"The callflow {name, numbers, patterns, flow} as JSON; - for standard input."`
}

// Run stores the file.
func (c callflowsPut) Run(ctx context.Context, w world, on *callflowsCommand) error {
	data, err := readObject(w, c.File)
	if err != nil {
		return err
	}
	method, path, done := http.MethodPut, func(api *client) string { return api.path("callflows") }, "stored"
	if c.ID != "" {
		method, path, done = http.MethodPost, func(api *client) string { return api.path("callflows", c.ID) + runTestsQuery(c.RunTests) }, "replaced"
	}
	return on.ask(ctx, w, method, path, data, func(raw json.RawMessage) error {
		var doc callflowDoc
		if err := json.Unmarshal(raw, &doc); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w.stdout, done, doc)
		return err
	})
}

func runTestsQuery(asked bool) string {
	if asked {
		return "?run_tests=true"
	}
	return ""
}

type callflowsDelete struct {
	ID string `arg:"" help:"The callflow's id."`
}

// Run deletes the callflow; its numbers are free again.
func (c callflowsDelete) Run(ctx context.Context, w world, on *callflowsCommand) error {
	return on.ask(ctx, w, http.MethodDelete, func(api *client) string { return api.path("callflows", c.ID) }, nil, func(raw json.RawMessage) error {
		var doc callflowDoc
		if err := json.Unmarshal(raw, &doc); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w.stdout, "deleted", doc)
		return err
	})
}

type callflowsTest struct {
	testFlags
	ID   string `arg:"" help:"The callflow's id."`
	File string `help:"Try this callflow {flow, numbers, patterns} instead of the stored one, storing nothing; - for standard input." placeholder:"FILE"`
}

// Run runs the callflow's saved cases.
func (c callflowsTest) Run(ctx context.Context, w world, on *callflowsCommand) error {
	var candidate map[string]any
	if c.File != "" {
		data, err := readObject(w, c.File)
		if err != nil {
			return err
		}
		candidate = map[string]any{}
		for _, name := range []string{"flow", "numbers", "patterns"} {
			if object, is := data.At(name); is {
				candidate[name] = object
			} else if value, there := data.Members[name]; there {
				candidate[name] = value
			}
		}
	}
	return on.runTests(ctx, w, "callflows", c.ID, c.Case, candidate)
}

type callflowsExportTests struct{ exportTests }

// Run writes the cases as files.
func (c callflowsExportTests) Run(ctx context.Context, w world, on *callflowsCommand) error {
	return on.exportTests(ctx, w, "callflows", c.exportTests)
}

type callflowsImportTests struct{ importTests }

// Run stores the cases of files.
func (c callflowsImportTests) Run(ctx context.Context, w world, on *callflowsCommand) error {
	return on.importTests(ctx, w, "callflows", c.importTests)
}

// readObject reads a JSON object, numbers and the order of members as they are written.
func readObject(w world, file string) (jsonvalue.Object, error) {
	text, err := readSource(w, file)
	if err != nil {
		return jsonvalue.Object{}, err
	}
	var data jsonvalue.Object
	if err := json.Unmarshal([]byte(text), &data); err != nil || data.IsZero() {
		return jsonvalue.Object{}, usageError{errorf("%s holds no JSON object: %v", file, err)}
	}
	return data, nil
}
