package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

type accountsCommand struct {
	clientFlags

	Create accountsCreate `cmd:"" help:"Create an account below yours (or below --account)."`
	List   accountsList   `cmd:"" help:"List the accounts below yours (or below --account)."`
	Get    accountsGet    `cmd:"" help:"Show your account (or --account)."`
	Delete accountsDelete `cmd:"" help:"Delete an account and everything it has; it must have no accounts below it."`
	APIKey accountsAPIKey `cmd:"" name:"api-key" help:"Print an account's API key, or give it a new one."`
}

// accountDoc is what the commands show of an account.
type accountDoc struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Realm string `json:"realm"`
}

func printAccount(w world, raw json.RawMessage) error {
	var a accountDoc
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.stdout, "%s  %s  %s\n", a.ID, a.Name, a.Realm)
	return err
}

type accountsCreate struct {
	Name     string `arg:"" help:"The account's name."`
	Realm    string `help:"SIP realm; made up when absent." placeholder:"REALM"`
	ID       string `name:"id" help:"Id of the same account in KAZOO, where the two share functions; for admins of the master account." placeholder:"ID"`
	Timezone string `help:"IANA time zone, such as America/Los_Angeles." placeholder:"ZONE"`
}

// Run creates the account and prints its id, name and realm.
func (c accountsCreate) Run(ctx context.Context, w world, on *accountsCommand) error {
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
	return on.ask(ctx, w, http.MethodPut, func(api *client) string { return "/v2/accounts/" + url.PathEscape(api.account) }, data,
		func(raw json.RawMessage) error { return printAccount(w, raw) })
}

type accountsList struct{}

// Run prints one line an account.
func (accountsList) Run(ctx context.Context, w world, on *accountsCommand) error {
	return on.ask(ctx, w, http.MethodGet, func(api *client) string { return api.path("children") + "?paginate=false" }, nil,
		func(raw json.RawMessage) error {
			var list []json.RawMessage
			if err := json.Unmarshal(raw, &list); err != nil {
				return err
			}
			for _, a := range list {
				if err := printAccount(w, a); err != nil {
					return err
				}
			}
			return nil
		})
}

type accountsGet struct{}

// Run prints the account.
func (accountsGet) Run(ctx context.Context, w world, on *accountsCommand) error {
	return on.ask(ctx, w, http.MethodGet, func(api *client) string { return api.path() }, nil,
		func(raw json.RawMessage) error { return printAccount(w, raw) })
}

type accountsDelete struct {
	ID string `arg:"" help:"The account's id."`
}

// Run deletes the account. There is no way back.
func (c accountsDelete) Run(ctx context.Context, w world, on *accountsCommand) error {
	return on.ask(ctx, w, http.MethodDelete, func(*client) string { return "/v2/accounts/" + url.PathEscape(c.ID) }, nil,
		func(raw json.RawMessage) error {
			_, _ = fmt.Fprint(w.stdout, "deleted ")
			return printAccount(w, raw)
		})
}

type accountsAPIKey struct {
	ID     string `arg:"" optional:"" help:"The account's id; yours (or --account) when absent."`
	Rotate bool   `help:"Give the account a new key. The old one and every token it got are dead at once."`
}

// Run prints the key and nothing else, for scripts.
func (c accountsAPIKey) Run(ctx context.Context, w world, on *accountsCommand) error {
	method := http.MethodGet
	if c.Rotate {
		method = http.MethodPut
	}
	path := func(api *client) string { return api.path("api_key") }
	if c.ID != "" {
		path = func(*client) string { return "/v2/accounts/" + url.PathEscape(c.ID) + "/api_key" }
	}
	return on.ask(ctx, w, method, path, nil, func(raw json.RawMessage) error {
		var key struct {
			APIKey string `json:"api_key"`
		}
		if err := json.Unmarshal(raw, &key); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w.stdout, key.APIKey)
		return err
	})
}
