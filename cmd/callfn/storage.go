package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/doctor"
	"callfn/internal/printable"
)

type storageCommand struct {
	clientFlags

	Get   storageGet   `cmd:""`
	Apply storageApply `cmd:""`
	Check storageCheck `cmd:""`

	Migrations storageMigrations `cmd:""`
	Finish     storageFinish     `cmd:""`
	Rollback   storageRollback   `cmd:""`
}

// storagePath is the API's path of the storage plan.
const storagePath = "/v2/storage"

// planDoc is a storage plan as far as the commands read it.
type planDoc struct {
	Connections map[string]struct {
		Name     string `json:"name"`
		Settings struct {
			IP          string    `json:"ip"`
			Port        int       `json:"port"`
			IsSSL       bool      `json:"is_ssl"`
			TLS         *struct{} `json:"tls"`
			Username    string    `json:"username"`
			Credentials struct {
				Username string `json:"username"`
			} `json:"credentials"`
		} `json:"settings"`
	} `json:"connections"`
	ReadOnly struct {
		Databases map[string]struct {
			Connection string `json:"connection"`
			Address    string `json:"address"`
		} `json:"databases"`
		Migrations []migrationDoc `json:"migrations"`
	} `json:"_read_only"`
	Moves []struct {
		Database  string `json:"database"`
		From      string `json:"from"`
		To        string `json:"to"`
		Documents int    `json:"documents"`
	} `json:"moves"`
	Migrations []migrationDoc `json:"migrations"`
}

// named formats a connection for people.
func (p planDoc) named(tag string) string {
	if name := p.Connections[tag].Name; name != "" {
		return fmt.Sprintf("%s (%s)", tag, name)
	}
	return tag
}

type storageGet struct{}

// Run prints where every database is, and the connections. With --json it prints the plan in the form that `apply`
// takes.
func (storageGet) Run(ctx context.Context, env environment, on *storageCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(*client) string { return storagePath }, nil,
		func(raw json.RawMessage) error {
			var p planDoc
			if err := json.Unmarshal(raw, &p); err != nil {
				return err
			}
			if err := printPlaces(env, p); err != nil {
				return err
			}
			return printConnections(env, p)
		})
}

// printConnections prints one line per connection of the plan.
func printConnections(env environment, p planDoc) error {
	t := newTable("CONNECTION", "ADDRESS", "WIRE", "USER")
	for _, tag := range slices.Sorted(maps.Keys(p.Connections)) {
		s := p.Connections[tag].Settings
		if s.IP == "" {
			continue // local is the service's own
		}
		user := s.Credentials.Username
		if user == "" {
			user = s.Username
		}
		secure := "plain"
		if s.IsSSL || s.TLS != nil || s.Port == 443 {
			secure = "TLS"
		}
		t.row(p.named(tag), net.JoinHostPort(s.IP, strconv.Itoa(s.Port)), secure, user)
	}
	if len(t.rows) == 1 {
		return nil
	}
	_, _ = io.WriteString(env.stdout, "\n")
	return t.print(env)
}

// printPlaces prints one line per database and one per migration.
func printPlaces(env environment, p planDoc) error {
	t := newTable("DATABASE", "CONNECTION", "ADDRESS")
	for _, name := range slices.Sorted(maps.Keys(p.ReadOnly.Databases)) {
		place := p.ReadOnly.Databases[name]
		t.row(name, p.named(place.Connection), place.Address)
	}
	if err := t.print(env); err != nil {
		return err
	}
	for _, m := range p.ReadOnly.Migrations {
		if _, err := printable.Fprintln(env.stdout, migrationLine(p, m)); err != nil {
			return err
		}
	}
	return nil
}

func migrationLine(p planDoc, m migrationDoc) string {
	return fmt.Sprintf("%s is being moved from %s to %s: %s, %d of %d documents (%s)", m.Database, p.named(m.From),
		p.named(m.To), m.says(), m.Copied, m.Total, m.ID)
}

type storageCheck struct{}

// Run prints the service's report.
func (storageCheck) Run(ctx context.Context, env environment, on *storageCommand) error {
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	var answer struct {
		Data struct {
			Findings []doctor.Finding `json:"findings"`
		} `json:"data"`
	}
	if err := api.do(ctx, http.MethodGet, storagePath+"/check", nil, &answer); err != nil {
		return err
	}
	if err := printFindings(env, answer.Data.Findings, on.JSON); err != nil {
		return err
	}
	if !doctor.Works(answer.Data.Findings) {
		return failedQuietly{}
	}
	return nil
}

// flatten turns a JSON value into lines: dotted path to scalar.
func flatten(path []string, value any, into map[string]string) {
	object, ok := value.(map[string]any)
	if !ok || len(object) == 0 {
		text, _ := json.Marshal(value)
		into[strings.Join(path, ".")] = string(text)
		return
	}
	for key, part := range object {
		flatten(append(slices.Clone(path), key), part, into)
	}
}
