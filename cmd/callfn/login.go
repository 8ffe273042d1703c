package main

import (
	"context"
	"crypto/sha1" //nolint:gosec // KAZOO's own form of credentials; only a keyed hash of it is stored
	"encoding/hex"
	"fmt"
	"net/http"

	"callfn/internal/printable"
)

// loginCommand stores a token for later commands.
type loginCommand struct {
	Server       string `placeholder:"URL"`
	Profile      string `default:"default" placeholder:"NAME"`
	APIKey       string `name:"api-key" placeholder:"KEY"`
	Username     string `placeholder:"NAME"`
	AccountName  string `placeholder:"NAME"`
	Realm        string `placeholder:"REALM"`
	PasswordFile string `default:"-" placeholder:"FILE"`
}

// Run logs in and stores the token in a file of mode 0600.
func (c loginCommand) Run(ctx context.Context, env environment) error {
	base, err := serverURL(c.Server)
	if err != nil {
		return err
	}
	store := newProfiles(env.getenv)
	if err := store.check(c.Profile); err != nil {
		return err
	}
	api := newClient(base)
	var granted grant
	if c.Username != "" {
		granted, err = c.asUser(ctx, env, api)
	} else {
		granted, err = c.asAccount(ctx, env, api)
	}
	if err != nil {
		return err
	}
	p := profile{Server: base, Token: granted.Token, AccountID: granted.Data.AccountID, Expires: expiry(granted.Token)}
	file, err := store.save(c.Profile, p)
	if err != nil {
		return fmt.Errorf("keep the login: %w", err)
	}
	_, err = printable.Fprintf(env.stdout, "logged in at %s until %s, kept in %s\n", base, moment(p.Expires), file)
	return err
}

// grant is the API's answer to a login.
type grant struct {
	Data struct {
		AccountID string `json:"account_id"`
	} `json:"data"`
	Token string `json:"auth_token"`
}

func (c loginCommand) asUser(ctx context.Context, env environment, api *client) (granted grant, err error) {
	if (c.AccountName == "") == (c.Realm == "") {
		return granted, usageError{errorf("--username %s: say whose user that is, with --account-name or --realm",
			printable.Text(c.Username))}
	}
	var password string
	if c.PasswordFile == "-" && env.readSecret != nil {
		password, err = askPassword(env, "Password: ")
	} else {
		password, err = readPassword(env, "--password-file", c.PasswordFile)
	}
	if err != nil {
		return granted, err
	}
	sum := sha1.Sum([]byte(c.Username + ":" + password)) //nolint:gosec // see above
	data := map[string]string{"credentials": hex.EncodeToString(sum[:]), "method": "sha"}
	for name, value := range map[string]string{"account_name": c.AccountName, "realm": c.Realm} {
		if value != "" {
			data[name] = value
		}
	}
	if err := api.do(ctx, http.MethodPut, "/v2/user_auth", data, &granted); err != nil {
		return granted, api.notLoggedIn(err, "user "+printable.Text(c.Username)+", password or account")
	}
	return granted, nil
}

func (c loginCommand) asAccount(ctx context.Context, env environment, api *client) (granted grant, err error) {
	if c.AccountName != "" || c.Realm != "" {
		return granted, usageError{errorf("--account-name and --realm say whose user logs in: they need --username")}
	}
	key := c.APIKey
	if key == "" {
		if env.readSecret == nil {
			return granted, usageError{errorf("no API key: set CALLFN_API_KEY, or log in as a user with --username")}
		}
		if key, err = askPassword(env, "API key: "); err != nil {
			return granted, err
		}
	}
	if err := api.do(ctx, http.MethodPut, "/v2/api_auth", map[string]string{"api_key": key}, &granted); err != nil {
		return granted, api.notLoggedIn(err, "API key")
	}
	return granted, nil
}

// logoutCommand ends a login.
type logoutCommand struct {
	Profile string `default:"default" placeholder:"NAME"`
}

// Run revokes the token and removes its file.
func (c logoutCommand) Run(ctx context.Context, env environment) error {
	store := newProfiles(env.getenv)
	p, err := store.load(c.Profile)
	if err != nil {
		return err
	}
	api := newClient(p.Server)
	api.token = p.Token
	revoked := api.do(ctx, http.MethodDelete, "/v2/token_auth", nil, nil)
	if err := store.remove(c.Profile); err != nil {
		return err
	}
	if revoked != nil && p.live() {
		return fmt.Errorf("logged out here, but the token lives until %s: %w", moment(p.Expires), revoked)
	}
	_, err = printable.Fprintf(env.stdout, "logged out of %s\n", p.Server)
	return err
}
