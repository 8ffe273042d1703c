package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"callfn/internal/printable"
)

type modulesCommand struct {
	clientFlags

	List  modulesList  `cmd:""`
	Start modulesStart `cmd:""`
	Stop  modulesStop  `cmd:""`
}

// moduleDoc is a module as the API shows it.
type moduleDoc struct {
	ID        string `json:"id"`
	Running   bool   `json:"running"`
	Persisted bool   `json:"persisted"`
}

func printModules(env environment, modules ...moduleDoc) error {
	slices.SortFunc(modules, func(a, b moduleDoc) int { return cmp.Compare(a.ID, b.ID) })
	t := newTable("MODULE", "STATE", "NOTE")
	for _, m := range modules {
		state, note := "stopped", ""
		if m.Running {
			state = "running"
		}
		if !m.Persisted {
			note = "in the process that answered, until it ends"
		}
		t.row(m.ID, state, note)
	}
	return t.print(env)
}

type modulesList struct{}

// Run prints one line per module.
func (modulesList) Run(ctx context.Context, env environment, on *modulesCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(*client) string { return modulesPath }, nil,
		func(raw json.RawMessage) error {
			var list []moduleDoc
			if err := json.Unmarshal(raw, &list); err != nil {
				return err
			}
			return printModules(env, list...)
		})
}

// moduleSwitch has what start and stop share.
type moduleSwitch struct {
	Module       string `arg:""`
	ThisInstance bool
}

type modulesStart struct{ moduleSwitch }

// Run starts the module.
func (c modulesStart) Run(ctx context.Context, env environment, on *modulesCommand) error {
	return c.change(ctx, env, on, true)
}

type modulesStop struct{ moduleSwitch }

// Run stops the module. Requests under way finish.
func (c modulesStop) Run(ctx context.Context, env environment, on *modulesCommand) error {
	return c.change(ctx, env, on, false)
}

func (c moduleSwitch) change(ctx context.Context, env environment, on *modulesCommand, running bool) error {
	return on.ask(ctx, env, http.MethodPost, func(*client) string { return modulesPath + "/" + url.PathEscape(c.Module) },
		map[string]any{"running": running, "persist": !c.ThisInstance}, func(raw json.RawMessage) error {
			var m moduleDoc
			if err := json.Unmarshal(raw, &m); err != nil {
				return err
			}
			if err := printModules(env, m); err != nil || m.Running {
				return err
			}
			_, err := printable.Fprintf(env.stderr, "Its paths answer 404 until `callfn modules start %s`.\n", m.ID)
			return err
		})
}
