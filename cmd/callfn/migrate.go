package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"callfn/internal/printable"
)

type migrateCommand struct {
	clientFlags

	To           string `required:"" placeholder:"URL"`
	PasswordFile string `placeholder:"FILE"`
	CA           string `name:"ca" placeholder:"FILE"`
}

// Run moves every database of a running service to another CouchDB, while it serves.
func (c migrateCommand) Run(ctx context.Context, env environment) error {
	connection, err := c.connection()
	if err != nil {
		return err
	}
	api, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	var answer struct{ Data []migrationDoc }
	if err := api.do(ctx, http.MethodPut, "/v2/storage/migrations", map[string]any{"connection": connection},
		&answer); err != nil {
		return err
	}
	moved := make([]migrationDoc, len(answer.Data))
	for i, m := range answer.Data {
		if moved[i], err = api.follow(ctx, env, m.ID, "switched", "finished"); err != nil {
			return err
		}
	}
	if c.JSON {
		text, err := json.Marshal(moved)
		if err != nil {
			return err
		}
		return printJSON(env.stdout, text)
	}
	return c.print(env, moved)
}

// print prints what was moved, and what to do next.
func (c migrateCommand) print(env environment, moved []migrationDoc) error {
	for _, m := range moved {
		if m.Proof != nil {
			_, _ = printable.Fprintf(env.stdout, "%s: %d documents, and %d that are deleted\n", m.Database, m.Proof.Documents,
				m.Proof.Deleted)
		}
	}
	u, _ := url.Parse(c.To) // connection has parsed it
	_, err := printable.Fprintf(env.stdout, `Everything is at %s://%s now, and the service works there. Next:
  callfn storage finish      makes that final; until then `+"`callfn storage rollback`"+` puts everything back
  then restart callfn serve with --couchdb-url=%s and the same secret.key
`, u.Scheme, u.Host, u.Scheme+"://"+u.Host)
	return err
}

// connection returns the URL in the form of a storage plan.
func (c migrateCommand) connection() (map[string]any, error) {
	user, password, err := credentials("--to", c.To, c.PasswordFile)
	if err != nil {
		return nil, err
	}
	u, port, err := parseServer(c.To)
	if err != nil {
		return nil, err
	}
	settings := map[string]any{"ip": u.Hostname(), "port": port}
	if user != "" {
		settings["credentials"] = map[string]any{"username": user, "password": password}
	}
	if u.Scheme == "https" {
		if settings["tls"], err = c.tls(); err != nil {
			return nil, err
		}
	}
	return map[string]any{"driver": "kazoo_couch", "name": "where everything is moved to", "settings": settings}, nil
}

// tls returns the settings of a connection by https.
func (c migrateCommand) tls() (map[string]any, error) {
	if c.CA == "" {
		return map[string]any{}, nil
	}
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, usageError{fmt.Errorf("--ca: %w", err)}
	}
	return map[string]any{"ca": string(pem)}, nil
}

var errNoServer = usageError{errors.New("--to: want the address of a CouchDB, such as http://user@host:5984")}

// parseServer reads the root URL of a CouchDB. The default ports are those of storage plans.
func parseServer(address string) (u *url.URL, port int, err error) {
	u, err = url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return nil, 0, errNoServer
	}
	switch u.Scheme {
	case "http":
		port = 5984
	case "https":
		port = 443
	default:
		return nil, 0, errNoServer
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, 0, usageError{fmt.Errorf("--to: %w", err)}
		}
	}
	return u, port, nil
}
