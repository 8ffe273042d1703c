package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"callfn/internal/printable"
)

type accountsCommand struct {
	clientFlags

	Create accountsCreate `cmd:""`
	List   accountsList   `cmd:""`
	Get    accountsGet    `cmd:""`
	Delete accountsDelete `cmd:""`
	APIKey accountsAPIKey `cmd:"" name:"api-key"`
}

// accountDoc is an account as the commands show it.
type accountDoc struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Realm string `json:"realm"`
}

func printAccount(env environment, done string, raw json.RawMessage) error {
	var a accountDoc
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	_, err := printable.Fprintf(env.stdout, "%s%s  %s  %s\n", done, a.ID, a.Name, a.Realm)
	return err
}

type accountsCreate struct {
	Name     string `arg:""`
	Realm    string `placeholder:"REALM"`
	ID       string `name:"id" placeholder:"ID"`
	Timezone string `placeholder:"ZONE"`
}

// Run creates the account and prints its id, name and realm.
func (c accountsCreate) Run(ctx context.Context, env environment, on *accountsCommand) error {
	data := map[string]string{"name": c.Name}
	if c.Realm != "" {
		data["realm"] = c.Realm
	}
	if c.Timezone != "" {
		data["timezone"] = c.Timezone
	}
	if c.ID != "" {
		data["id"] = c.ID
	}
	return on.ask(ctx, env, http.MethodPut, func(api *client) string {
		return "/v2/accounts/" +
			url.PathEscape(api.account)
	}, data,
		func(raw json.RawMessage) error { return printAccount(env, "", raw) })
}

type accountsList struct{}

// Run prints one line per account.
func (accountsList) Run(ctx context.Context, env environment, on *accountsCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(api *client) string { return api.path("children") + "?paginate=false" },
		nil,
		func(raw json.RawMessage) error {
			list, err := decodeList[accountDoc](env, raw,
				"no accounts below this one yet: create one with `callfn accounts create NAME`")
			if err != nil || len(list) == 0 {
				return err
			}
			slices.SortFunc(list, func(a, b accountDoc) int { return cmp.Or(byName(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
			t := newTable("ID", "NAME", "REALM")
			for _, a := range list {
				t.row(a.ID, a.Name, a.Realm)
			}
			return t.print(env)
		})
}

type accountsGet struct{}

// Run prints the account.
func (accountsGet) Run(ctx context.Context, env environment, on *accountsCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(api *client) string { return api.path() }, nil,
		func(raw json.RawMessage) error { return printAccount(env, "", raw) })
}

type accountsDelete struct {
	ID string `arg:"" name:"account"`
	confirmFlag
}

// Run deletes the account for good.
func (c accountsDelete) Run(ctx context.Context, env environment, on *accountsCommand) error {
	api, path, err := on.openAccount(ctx, env, c.ID)
	if err != nil {
		return err
	}
	if !c.Yes {
		d, err := api.accountDeletion(ctx, path)
		if err != nil {
			return err
		}
		if err := c.confirm(ctx, env, d); err != nil {
			return err
		}
	}
	return on.send(ctx, env, api, http.MethodDelete, path, nil, func(raw json.RawMessage) error {
		return printAccount(env,
			"deleted ", raw)
	})
}

// openAccount returns a client, and the path of the account that a person names.
func (f clientFlags) openAccount(ctx context.Context, env environment, ref string) (
	api *client, path string, err error,
) {
	if api, err = f.open(ctx, env); err != nil {
		return nil, "", err
	}
	path, err = api.accountPath(ctx, ref)
	return api, path, err
}

// accountDeletion counts what is deleted with an account.
func (c *client) accountDeletion(ctx context.Context, path string) (question, error) {
	var a accountDoc
	if err := c.get(ctx, path, &a); err != nil {
		return question{}, err
	}
	d := question{does: "delete the account", name: firstOf(a.Name, a.ID)}
	has := []string{a.ID}
	for _, n := range []noun{aFunction, aCallflow, aUser} {
		var all []json.RawMessage
		if err := c.get(ctx, path+"/"+n.resource+"?paginate=false", &all); err != nil {
			has = append(has, "an unknown number of "+n.resource)
			continue
		}
		has = append(has, count(len(all), n.one))
	}
	d.about = strings.Join(has, ", ")
	return d, nil
}

type accountsAPIKey struct {
	ID     string `arg:"" optional:"" name:"account"`
	Rotate bool
	confirmFlag
}

// Run prints only the key, for scripts.
func (c accountsAPIKey) Run(ctx context.Context, env environment, on *accountsCommand) error {
	api, path, err := on.openAccount(ctx, env, c.ID)
	if err != nil {
		return err
	}
	method := http.MethodGet
	if c.Rotate {
		method = http.MethodPut
	}
	if c.Rotate && !c.Yes {
		var a accountDoc
		if err := api.get(ctx, path, &a); err != nil {
			return err
		}
		d := question{does: "make the API key worthless of account", name: firstOf(a.Name, a.ID), about: a.ID +
			": what uses the key, or a token that it got, is locked out at once"}
		if err := c.confirm(ctx, env, d); err != nil {
			return err
		}
	}
	return on.send(ctx, env, api, method, path+"/api_key", nil, func(raw json.RawMessage) error {
		var key struct {
			APIKey string `json:"api_key"`
		}
		if err := json.Unmarshal(raw, &key); err != nil {
			return err
		}
		_, err := printable.Fprintln(env.stdout, key.APIKey)
		return err
	})
}
