package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"callfn/internal/printable"
)

type usersCommand struct {
	clientFlags

	Create   usersCreate   `cmd:""`
	List     usersList     `cmd:""`
	Get      usersGet      `cmd:""`
	Password usersPassword `cmd:""`
	Delete   usersDelete   `cmd:""`
	Undelete usersUndelete `cmd:""`
}

// userDoc is a user as the commands show it.
type userDoc struct {
	ID        string `json:"id"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	PrivLevel string `json:"priv_level"`
	Enabled   *bool  `json:"enabled"`
}

func (u userDoc) columns() []string {
	state := "enabled"
	if u.Enabled != nil && !*u.Enabled {
		state = "disabled"
	}
	return []string{u.ID, u.Username, u.PrivLevel, state, strings.TrimSpace(u.FirstName + " " + u.LastName)}
}

func printUsers(env environment, users ...userDoc) error {
	slices.SortFunc(users, func(a, b userDoc) int {
		return cmp.Or(byName(a.Username, b.Username),
			cmp.Compare(a.ID, b.ID))
	})
	t := newTable("ID", "USERNAME", "LEVEL", "STATE", "NAME")
	for _, u := range users {
		t.row(u.columns()...)
	}
	return t.print(env)
}

// printUser prints one line about the user in an answer.
func printUser(env environment, done string) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var u userDoc
		if err := json.Unmarshal(raw, &u); err != nil {
			return err
		}
		_, err := printable.Fprintf(env.stdout, "%s%s\n", done, strings.Join(u.columns(), "  "))
		return err
	}
}

type usersCreate struct {
	Username  string `arg:""`
	FirstName string `required:"" placeholder:"NAME"`
	LastName  string `required:"" placeholder:"NAME"`
	Email     string `placeholder:"ADDRESS"`
	PrivLevel string `enum:"user,admin" default:"user"`
	passwordFlag
}

// passwordFlag selects where a new password comes from.
type passwordFlag struct {
	PasswordFile string `default:"-" placeholder:"FILE"`
}

func (f passwordFlag) read(env environment) (string, error) {
	if f.PasswordFile == "-" && env.readSecret != nil {
		password, err := askPassword(env, "New password: ")
		if err != nil {
			return "", err
		}
		again, err := askPassword(env, "The same again: ")
		if err == nil && again != password {
			err = usageError{errorf("the two passwords differ: nothing was changed")}
		}
		return password, err
	}
	return readPassword(env, "--password-file", f.PasswordFile)
}

// Run creates the user. The service stores only a keyed hash of the password.
func (c usersCreate) Run(ctx context.Context, env environment, on *usersCommand) error {
	password, err := c.read(env)
	if err != nil {
		return err
	}
	data := map[string]string{
		"username": c.Username, "password": password, "first_name": c.FirstName, "last_name": c.LastName,
		"priv_level": c.PrivLevel,
	}
	if c.Email != "" {
		data["email"] = c.Email
	}
	return on.ask(ctx, env, http.MethodPut, func(api *client) string { return api.path("users") }, data,
		printUser(env, "created "))
}

type usersList struct{ deletedFlag }

// Run prints one line per user.
func (c usersList) Run(ctx context.Context, env environment, on *usersCommand) error {
	if c.Deleted {
		return on.listDeleted(ctx, env, aUser)
	}
	return on.ask(ctx, env, http.MethodGet, func(api *client) string { return api.path("users") + "?paginate=false" }, nil,
		func(raw json.RawMessage) error {
			list, err := decodeList[userDoc](env, raw, "no users yet: create one with `callfn users create`")
			if err != nil || len(list) == 0 {
				return err
			}
			return printUsers(env, list...)
		})
}

// userArg is the argument that names a user.
type userArg struct {
	ID string `arg:"" name:"user"`
}

type usersGet struct{ userArg }

// Run prints the user.
func (c usersGet) Run(ctx context.Context, env environment, on *usersCommand) error {
	return on.sendOf(ctx, env, http.MethodGet, aUser, c.ID, nil, printUser(env, ""))
}

type usersPassword struct {
	userArg
	passwordFlag
}

// Run changes the password.
func (c usersPassword) Run(ctx context.Context, env environment, on *usersCommand) error {
	password, err := c.read(env)
	if err != nil {
		return err
	}
	return on.sendOf(ctx, env, http.MethodPatch, aUser, c.ID, map[string]string{"password": password},
		printUser(env, "changed "))
}

type usersDelete struct {
	userArg
	confirmFlag
}

// Run deletes the user.
func (c usersDelete) Run(ctx context.Context, env environment, on *usersCommand) error {
	return on.remove(ctx, env, aUser, c.ID, c.confirmFlag, printUser(env, "deleted "))
}

type usersUndelete struct{ userArg }

// Run restores the user.
func (c usersUndelete) Run(ctx context.Context, env environment, on *usersCommand) error {
	return on.undelete(ctx, env, aUser, c.ID, printUser(env, "brought back "))
}
