package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
)

type usersCommand struct {
	clientFlags

	Create   usersCreate   `cmd:"" help:"Create a user of your account (or --account)."`
	List     usersList     `cmd:"" help:"List the account's users."`
	Get      usersGet      `cmd:"" help:"Show one user."`
	Password usersPassword `cmd:"" help:"Give a user a new password. Its tokens are dead at once."`
	Delete   usersDelete   `cmd:"" help:"Delete a user. Its tokens are dead at once."`
}

// userDoc is what the commands show of a user.
type userDoc struct {
	ID        string `json:"id"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	PrivLevel string `json:"priv_level"`
	Enabled   *bool  `json:"enabled"`
}

func (u userDoc) columns() string {
	state := "enabled"
	if u.Enabled != nil && !*u.Enabled {
		state = "disabled"
	}
	name := u.Username
	if name == "" {
		name = "-"
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s %s", u.ID, name, u.PrivLevel, state, u.FirstName, u.LastName)
}

func printUsers(w world, users ...userDoc) error {
	t := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	for _, u := range users {
		if _, err := fmt.Fprintln(t, u.columns()); err != nil {
			return err
		}
	}
	return t.Flush()
}

func printUser(w world) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var u userDoc
		if err := json.Unmarshal(raw, &u); err != nil {
			return err
		}
		return printUsers(w, u)
	}
}

type usersCreate struct {
	Username  string `arg:"" help:"Name to log in with."`
	FirstName string `help:"First name." required:"" placeholder:"NAME"`
	LastName  string `help:"Last name." required:"" placeholder:"NAME"`
	Email     string `help:"E-mail address." placeholder:"ADDRESS"`
	PrivLevel string `help:"user, or admin: may do for the account whatever its API key may." enum:"user,admin" default:"user"`
	passwordFlag
}

// passwordFlag is where a new password comes from.
type passwordFlag struct {
	PasswordFile string `help:"File with the password on its first line; - for standard input. There is no flag for the password itself: other users of the machine can see a command line." default:"-" placeholder:"FILE"`
}

func (f passwordFlag) read(w world) (string, error) {
	text, err := readSource(w, f.PasswordFile)
	if err != nil {
		return "", err
	}
	password, _, _ := strings.Cut(text, "\n")
	if password = strings.TrimSuffix(password, "\r"); password == "" {
		return "", usageError{errorf("the password is empty: write it to standard input, or name a file with --password-file")}
	}
	return password, nil
}

// Run creates the user. Only a keyed hash of the password is stored.
func (c usersCreate) Run(ctx context.Context, w world, on *usersCommand) error {
	password, err := c.read(w)
	if err != nil {
		return err
	}
	data := map[string]string{
		"username": c.Username, "password": password, "first_name": c.FirstName, "last_name": c.LastName, "priv_level": c.PrivLevel,
	}
	if c.Email != "" {
		data["email"] = c.Email
	}
	return on.ask(ctx, w, http.MethodPut, func(api *client) string { return api.path("users") }, data, printUser(w))
}

type usersList struct{}

// Run prints one line a user.
func (usersList) Run(ctx context.Context, w world, on *usersCommand) error {
	return on.ask(ctx, w, http.MethodGet, func(api *client) string { return api.path("users") + "?paginate=false" }, nil,
		func(raw json.RawMessage) error {
			var list []userDoc
			if err := json.Unmarshal(raw, &list); err != nil {
				return err
			}
			if len(list) == 0 {
				_, err := io.WriteString(w.stderr, "no users yet: create one with `callfn users create`\n")
				return err
			}
			return printUsers(w, list...)
		})
}

type usersGet struct {
	ID string `arg:"" help:"The user's id."`
}

// Run prints the user.
func (c usersGet) Run(ctx context.Context, w world, on *usersCommand) error {
	return on.ask(ctx, w, http.MethodGet, func(api *client) string { return api.path("users", c.ID) }, nil, printUser(w))
}

type usersPassword struct {
	ID string `arg:"" help:"The user's id."`
	passwordFlag
}

// Run changes the password.
func (c usersPassword) Run(ctx context.Context, w world, on *usersCommand) error {
	password, err := c.read(w)
	if err != nil {
		return err
	}
	return on.ask(ctx, w, http.MethodPatch, func(api *client) string { return api.path("users", c.ID) }, map[string]string{"password": password}, printUser(w))
}

type usersDelete struct {
	ID string `arg:"" help:"The user's id."`
}

// Run deletes the user.
func (c usersDelete) Run(ctx context.Context, w world, on *usersCommand) error {
	return on.ask(ctx, w, http.MethodDelete, func(api *client) string { return api.path("users", c.ID) }, nil,
		func(raw json.RawMessage) error {
			_, _ = fmt.Fprint(w.stdout, "deleted ")
			return printUser(w)(raw)
		})
}
