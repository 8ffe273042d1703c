package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"callfn/internal/printable"
)

type keysCommand struct {
	clientFlags

	Create keysCreate `cmd:""`
	List   keysList   `cmd:""`
	Revoke keysRevoke `cmd:""`
}

// programKey is what the API says of a program's key.
type programKey struct {
	ID       string `json:"id"`
	Scope    string `json:"scope"`
	Function string `json:"function"`
	Name     string `json:"name"`
	Owner    string `json:"owner"`
	Contact  string `json:"contact"`
	Expires  string `json:"expires"`
	Key      string `json:"key"`
	Path     string `json:"path"`
}

type keysCreate struct {
	Scope    string `enum:"run" default:"run"`
	Function string `required:"" placeholder:"FUNCTION"`
	Name     string
	Owner    string
	Contact  string
	Expires  string `placeholder:"TIME"`
}

// Run makes the key and prints it, and nothing else on stdout.
func (c keysCreate) Run(ctx context.Context, env environment, on *keysCommand) error {
	end, err := endOfKey(c.Expires, time.Now())
	if err != nil {
		return usageError{err}
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	function, err := api.find(ctx, aFunction, c.Function)
	if err != nil {
		return err
	}
	data := map[string]string{"scope": c.Scope, "function": function}
	for name, value := range map[string]string{"name": c.Name, "owner": c.Owner, "contact": c.Contact, "expires": end} {
		if value != "" {
			data[name] = value
		}
	}
	return on.send(ctx, env, api, http.MethodPut, api.path("keys"), data, func(raw json.RawMessage) error {
		var k programKey
		if err := json.Unmarshal(raw, &k); err != nil {
			return err
		}
		if _, err := printable.Fprintln(env.stdout, k.Key); err != nil {
			return err
		}
		_, err := printable.Fprintf(env.stderr, "Key %s runs function %s. It is not shown again. A program sends it so:\n"+
			"curl -X PUT -H 'Authorization: Bearer KEY' -H 'Content-Type: application/json' \\\n"+
			"  -d '{\"data\":{\"params\":{}}}' '%s%s'\n", k.ID, k.Function, api.base, k.Path)
		return err
	})
}

// endOfKey reads when a key ends: a time from now, such as 90d, or a moment of RFC 3339; "" for never.
func endOfKey(text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC().Format(time.RFC3339), nil
	}
	in, err := parseDuration(text)
	if err != nil || in <= 0 {
		return "", errorf("--expires %s: write a time from now, such as 90d, or a moment, such as 2030-01-31T00:00:00Z", text)
	}
	return now.Add(in).UTC().Format(time.RFC3339), nil
}

type keysList struct{}

// Run prints one line per key.
func (keysList) Run(ctx context.Context, env environment, on *keysCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(api *client) string { return api.path("keys") + "?paginate=false" }, nil,
		func(raw json.RawMessage) error {
			list, err := decodeList[programKey](env, raw, "no keys yet: make one with `callfn keys create`")
			if err != nil || len(list) == 0 {
				return err
			}
			slices.SortFunc(list, func(a, b programKey) int {
				return cmp.Or(byName(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
			})
			t := newTable("ID", "SCOPE", "FUNCTION", "EXPIRES", "OWNER", "CONTACT", "NAME")
			for _, k := range list {
				t.row(k.ID, k.Scope, k.Function, cmp.Or(k.Expires, "never"), k.Owner, k.Contact, k.Name)
			}
			return t.print(env)
		})
}

type keysRevoke struct{ revokeArgs }

// Run revokes the key.
func (c keysRevoke) Run(ctx context.Context, env environment, on *keysCommand) error {
	return on.revoke(ctx, env, aProgramKey, c.revokeArgs, "the program that has it is refused from then on")
}
