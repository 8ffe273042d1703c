package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"callfn/internal/printable"
)

type secretsCommand struct {
	clientFlags

	Set    secretsSet    `cmd:""`
	List   secretsList   `cmd:""`
	Delete secretsDelete `cmd:""`
}

// secretInfo is what the API says of a secret.
type secretInfo struct {
	Name     string    `json:"name"`
	Hosts    []string  `json:"hosts"`
	Reveal   bool      `json:"reveal"`
	Set      bool      `json:"set"`
	Modified time.Time `json:"modified"`
	Used     time.Time `json:"last_used"`
}

// secretArg is the secret that a command is about.
type secretArg struct {
	Name string `arg:""`
}

func (s secretArg) path(api *client) string {
	return api.path("secrets") + "/" + url.PathEscape(s.Name)
}

type secretsSet struct {
	secretArg
	FromFile string   `placeholder:"FILE" default:"-"`
	Host     []string `placeholder:"HOST"`
	Reveal   bool
}

// maxSecret bounds the file of a value, in bytes: the service takes 10 KiB.
const maxSecret = 16 << 10

// Run stores the value that it reads. One newline at its end does not count.
func (c secretsSet) Run(ctx context.Context, env environment, on *secretsCommand) error {
	text, err := readFile(env, c.FromFile, maxSecret)
	if err != nil {
		return err
	}
	if !utf8.Valid(text) {
		return usageError{errorf("%s is not valid UTF-8: a secret is text", nameOf(c.FromFile))}
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	data := map[string]any{"value": value, "hosts": append([]string{}, c.Host...), "reveal": c.Reveal}
	return on.ask(ctx, env, http.MethodPut, c.path, data, func(raw json.RawMessage) error {
		var s secretInfo
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		_, err := printable.Fprintf(env.stdout, "set %s\n", s.Name)
		if len(s.Hosts) == 0 && err == nil {
			_, err = io.WriteString(env.stderr, "It may be sent nowhere: name hosts with --host, unless functions use it with "+
				"secrets.hmac alone.\n")
		}
		return err
	})
}

type secretsList struct{}

// Run prints one line per secret.
func (secretsList) Run(ctx context.Context, env environment, on *secretsCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(api *client) string { return api.path("secrets") }, nil,
		func(raw json.RawMessage) error {
			list, err := decodeList[secretInfo](env, raw, "no secrets yet: set one with `callfn secrets set NAME --host HOST`")
			if err != nil || len(list) == 0 {
				return err
			}
			t := newTable("NAME", "SET", "LAST USED", "MAY GO TO")
			for _, s := range list {
				set := "no"
				if s.Set {
					set = moment(s.Modified)
				}
				used := "never"
				if !s.Used.IsZero() {
					used = moment(s.Used)
				}
				t.row(s.Name, set, used, s.goesTo())
			}
			return t.print(env)
		})
}

// goesTo says who gets to see a secret.
func (s secretInfo) goesTo() string {
	to := strings.Join(s.Hosts, " ")
	switch {
	case s.Reveal && to == "":
		return "functions"
	case s.Reveal:
		return to + ", functions"
	case to == "":
		return "nowhere"
	}
	return to
}

type secretsDelete struct {
	secretArg
	confirmFlag
}

// Run deletes the secret.
func (c secretsDelete) Run(ctx context.Context, env environment, on *secretsCommand) error {
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	if err := c.confirm(ctx, env, question{
		does: "delete the secret", name: c.Name, about: "functions that use it fail",
	}); err != nil {
		return err
	}
	return on.send(ctx, env, api, http.MethodDelete, c.path(api), nil, func(raw json.RawMessage) error {
		var s secretInfo
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		_, err := printable.Fprintf(env.stdout, "deleted %s\n", s.Name)
		return err
	})
}
