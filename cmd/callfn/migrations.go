package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"callfn/internal/printable"
)

// migrationDoc is a move of a database as the API shows it.
type migrationDoc struct {
	ID        string `json:"id"`
	Database  string `json:"database"`
	From      string `json:"from"`
	To        string `json:"to"`
	State     string `json:"state"`
	Copied    int64  `json:"copied"`
	Total     int64  `json:"total"`
	Returns   bool   `json:"returns"`
	LastError string `json:"last_error"`
	Proof     *struct {
		Documents, Deleted int64
		Digest             string
	} `json:"proof"`
}

func (m migrationDoc) unfinished() bool { return m.State != "finished" && m.State != "rolled_back" }

// says describes the state in words.
func (m migrationDoc) says() string {
	if m.Returns && m.unfinished() {
		return "going back, " + m.State
	}
	return m.State
}

type storageMigrations struct{}

// Run prints one line per move.
func (storageMigrations) Run(ctx context.Context, env environment, on *storageCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(*client) string { return "/v2/storage/migrations" }, nil,
		func(raw json.RawMessage) error {
			var list []migrationDoc
			if err := json.Unmarshal(raw, &list); err != nil {
				return err
			}
			t := newTable("ID", "DATABASE", "FROM", "TO", "STATE", "COPIED", "LAST ERROR")
			for _, m := range list {
				t.row(m.ID, m.Database, m.From, m.To, m.says(), fmt.Sprintf("%d/%d", m.Copied, m.Total), m.LastError)
			}
			return t.print(env)
		})
}

// storageSteer has what finish and rollback share.
type storageSteer struct {
	ID   string `arg:"" optional:""`
	Wait bool   `default:"true" negatable:""`
}

type storageFinish struct {
	storageSteer
	confirmFlag
}

// Run finishes a move.
func (c storageFinish) Run(ctx context.Context, env environment, on *storageCommand) error {
	d := question{
		does: "give up the way back: finish", name: firstOf(c.ID, "every move"),
		about: "`callfn storage rollback` is no longer possible then",
	}
	if err := c.confirm(ctx, env, d); err != nil {
		return err
	}
	return c.steer(ctx, env, on, "finish", "finished")
}

type storageRollback struct{ storageSteer }

// Run rolls a move back.
func (c storageRollback) Run(ctx context.Context, env environment, on *storageCommand) error {
	return c.steer(ctx, env, on, "rollback", "rolled_back")
}

func (c storageSteer) steer(ctx context.Context, env environment, on *storageCommand, action, end string) error {
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	ids := []string{c.ID}
	if c.ID == "" {
		if ids, err = api.unfinishedMigrations(ctx); err != nil {
			return err
		}
	}
	var steered []migrationDoc
	for _, id := range ids { // requests all of them before it waits for one
		var answer struct{ Data migrationDoc }
		if err := api.do(ctx, http.MethodPost, migrationPath(id), map[string]string{"action": action}, &answer); err != nil {
			return err
		}
		steered = append(steered, answer.Data)
	}
	for i, m := range steered {
		if c.Wait {
			if steered[i], err = api.follow(ctx, env, m.ID, end); err != nil {
				return err
			}
		}
		if on.JSON {
			continue
		}
		if _, err := printable.Fprintf(env.stdout, "%s: %s\n", m.Database, steered[i].says()); err != nil {
			return err
		}
	}
	if !on.JSON {
		return nil
	}
	text, err := json.Marshal(steered)
	if err != nil {
		return err
	}
	return printJSON(env.stdout, text)
}

func migrationPath(id string) string { return "/v2/storage/migrations/" + url.PathEscape(id) }

// unfinishedMigrations finds the moves that are unfinished.
func (c *client) unfinishedMigrations(ctx context.Context) ([]string, error) {
	var answer struct{ Data []migrationDoc }
	if err := c.do(ctx, http.MethodGet, "/v2/storage/migrations", nil, &answer); err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range answer.Data {
		if m.unfinished() {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 {
		return nil, errorf("no database is being moved: `callfn storage migrations` lists the moves of before")
	}
	return ids, nil
}

const followEvery = 250 * time.Millisecond

// follow watches a move, with a progress bar on a terminal, until it is in one of the wanted states. It fails if the
// move ends in another.
func (c *client) follow(ctx context.Context, env environment, id string, wanted ...string) (migrationDoc, error) {
	var bar *progress
	defer func() { bar.done() }()
	said := ""
	for {
		var answer struct{ Data migrationDoc }
		if err := c.do(ctx, http.MethodGet, migrationPath(id), nil, &answer); err != nil {
			return answer.Data, err
		}
		m := answer.Data
		if bar == nil {
			bar = newProgress(env, m.Database)
		}
		bar.at(m.says(), m.Copied, m.Total)
		if m.LastError != said && m.LastError != "" {
			bar.note("%s: %s", m.Database, m.LastError)
		}
		said = m.LastError
		if slices.Contains(wanted, m.State) {
			return m, nil
		}
		if !m.unfinished() {
			return m, fmt.Errorf("%s: the move ended as %s: %s", m.Database, m.State, m.LastError)
		}
		select {
		case <-ctx.Done():
			return m, fmt.Errorf("%s: the move goes on without you: `callfn storage migrations` tells how far it is: %w",
				m.Database, ctx.Err())
		case <-time.After(followEvery):
		}
	}
}
