package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"callfn/internal/printable"
)

type callflowsCommand struct {
	clientFlags

	List        callflowsList        `cmd:""`
	Get         callflowsGet         `cmd:""`
	Put         callflowsPut         `cmd:""`
	Delete      callflowsDelete      `cmd:""`
	Undelete    callflowsUndelete    `cmd:""`
	Test        callflowsTest        `cmd:""`
	ExportTests callflowsExportTests `cmd:"" name:"export-tests"`
	ImportTests callflowsImportTests `cmd:"" name:"import-tests"`
}

// callflowDoc is a callflow as the commands show it.
type callflowDoc struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Numbers  []string `json:"numbers"`
	Patterns []string `json:"patterns"`
	Modified int64    `json:"modified"`
}

func (c callflowDoc) String() string {
	return strings.TrimSpace(c.ID + " " + strings.Join(append(c.Numbers, c.Patterns...), " ") + " " + c.Name)
}

type callflowsList struct{ deletedFlag }

// Run prints one line per callflow.
func (c callflowsList) Run(ctx context.Context, env environment, on *callflowsCommand) error {
	if c.Deleted {
		return on.listDeleted(ctx, env, aCallflow)
	}
	return on.ask(ctx, env, http.MethodGet, func(api *client) string { return api.path("callflows") + "?paginate=false" },
		nil,
		func(raw json.RawMessage) error {
			list, err := decodeList[callflowDoc](env, raw, "no callflows yet: store one with `callfn callflows put FILE.json`")
			if err != nil || len(list) == 0 {
				return err
			}
			slices.SortFunc(list, func(a, b callflowDoc) int { return cmp.Or(byName(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
			t := newTable("ID", "NUMBERS", "CHANGED", "NAME")
			for _, c := range list {
				t.row(c.ID, strings.Join(append(c.Numbers, c.Patterns...), " "), changed(c.Modified), c.Name)
			}
			return t.print(env)
		})
}

// callflowArg is the argument that names a callflow.
type callflowArg struct {
	ID string `arg:"" name:"callflow"`
}

type callflowsGet struct{ callflowArg }

// Run prints the callflow as JSON, in the form that put takes. It leaves out what the service adds, which --json shows.
func (c callflowsGet) Run(ctx context.Context, env environment, on *callflowsCommand) error {
	return on.sendOf(ctx, env, http.MethodGet, aCallflow, c.ID, nil, func(raw json.RawMessage) error {
		document, err := without(raw, "_read_only", "metadata")
		if err != nil {
			return err
		}
		return printJSON(env.stdout, document)
	})
}

type callflowsPut struct {
	ID       string `placeholder:"CALLFLOW"`
	RunTests bool   `name:"run-tests"`
	File     string `arg:""`
}

// Run stores the file.
func (c callflowsPut) Run(ctx context.Context, env environment, on *callflowsCommand) error {
	data, err := readJSON(env, c.File)
	if err != nil {
		return err
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	if c.ID == "" {
		return on.send(ctx, env, api, http.MethodPut, api.path("callflows"), data, callflowDone(env, "stored"))
	}
	path, err := api.of(ctx, aCallflow, c.ID)
	if err != nil {
		return err
	}
	return on.send(ctx, env, api, http.MethodPost, path+runTestsQuery(c.RunTests), data, callflowDone(env, "replaced"))
}

// callflowDone prints what was done to a callflow.
func callflowDone(env environment, done string) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var doc callflowDoc
		if err := json.Unmarshal(raw, &doc); err != nil {
			return err
		}
		_, err := printable.Fprintln(env.stdout, done, doc)
		return err
	}
}

func runTestsQuery(asked bool) string {
	if asked {
		return "?run_tests=true"
	}
	return ""
}

type callflowsDelete struct {
	callflowArg
	confirmFlag
}

// Run deletes the callflow and frees its numbers.
func (c callflowsDelete) Run(ctx context.Context, env environment, on *callflowsCommand) error {
	return on.remove(ctx, env, aCallflow, c.ID, c.confirmFlag, callflowDone(env, "deleted"))
}

type callflowsUndelete struct{ callflowArg }

// Run restores the callflow.
func (c callflowsUndelete) Run(ctx context.Context, env environment, on *callflowsCommand) error {
	return on.undelete(ctx, env, aCallflow, c.ID, callflowDone(env, "brought back"))
}

type callflowsTest struct {
	testFlags
	callflowArg
	File string `placeholder:"FILE"`
}

// Run runs the callflow's saved test cases.
func (c callflowsTest) Run(ctx context.Context, env environment, on *callflowsCommand) error {
	var candidate map[string]any
	if c.File != "" {
		text, err := readJSON(env, c.File)
		if err != nil {
			return err
		}
		var data map[string]json.RawMessage
		if err := json.Unmarshal(text, &data); err != nil {
			return err
		}
		candidate = map[string]any{}
		for _, name := range []string{"flow", "numbers", "patterns"} {
			if value, there := data[name]; there {
				candidate[name] = value
			}
		}
	}
	return on.runTests(ctx, env, aCallflow, c.ID, c.Case, candidate)
}

type callflowsExportTests struct{ exportTests }

// Run writes the test cases to files.
func (c callflowsExportTests) Run(ctx context.Context, env environment, on *callflowsCommand) error {
	return on.exportTests(ctx, env, aCallflow, c.exportTests)
}

type callflowsImportTests struct{ importTests }

// Run stores the test cases from files.
func (c callflowsImportTests) Run(ctx context.Context, env environment, on *callflowsCommand) error {
	return on.importTests(ctx, env, aCallflow, c.importTests)
}
