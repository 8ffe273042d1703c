package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"callfn/internal/printable"
)

type numbersCommand struct {
	clientFlags

	List    numbersList    `cmd:""`
	Assign  numbersAssign  `cmd:""`
	Release numbersRelease `cmd:""`
}

// numberPage is a page of a listing of numbers.
type numberPage struct {
	Numbers map[string]struct {
		AssignedTo string `json:"assigned_to"`
		State      string `json:"state"`
		UsedBy     string `json:"used_by"`
	} `json:"numbers"`
}

type numbersList struct {
	All bool
}

// Run prints one line per number: the account's, or everybody's.
func (c numbersList) Run(ctx context.Context, env environment, on *numbersCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(api *client) string {
		if c.All {
			return "/v2/phone_numbers?paginate=false"
		}
		return api.path("phone_numbers") + "?paginate=false"
	}, nil, func(raw json.RawMessage) error {
		var page numberPage
		if err := json.Unmarshal(raw, &page); err != nil {
			return err
		}
		if len(page.Numbers) == 0 {
			_, err := printable.Fprintln(env.stderr, "no numbers yet: the master account assigns them with `callfn numbers "+
				"assign NUMBER --account ACCOUNT`")
			return err
		}
		t := newTable("NUMBER", "ACCOUNT", "STATE", "USED BY")
		for _, number := range slices.Sorted(maps.Keys(page.Numbers)) {
			n := page.Numbers[number]
			t.row(number, n.AssignedTo, n.State, n.UsedBy)
		}
		return t.print(env)
	})
}

// numberArg is the argument that names a number.
type numberArg struct {
	Number string `arg:""`
}

func (n numberArg) path(api *client) string {
	return api.path("phone_numbers") + "/" + url.PathEscape(n.Number)
}

type numbersAssign struct {
	numberArg
	Move bool
}

// Run assigns the number to the account.
func (c numbersAssign) Run(ctx context.Context, env environment, on *numbersCommand) error {
	path := func(api *client) string {
		if c.Move {
			return c.path(api) + "/activate"
		}
		return c.path(api)
	}
	return on.ask(ctx, env, http.MethodPut, path, nil, printNumber(env, "assigned"))
}

type numbersRelease struct {
	numberArg
	confirmFlag
}

// Run releases the number from the account.
func (c numbersRelease) Run(ctx context.Context, env environment, on *numbersCommand) error {
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	if err := c.confirm(ctx, env, question{
		does: "release the number", name: c.Number, about: "calls from outside no longer reach account " + api.account,
	}); err != nil {
		return err
	}
	return on.send(ctx, env, api, http.MethodDelete, c.path(api), nil, printNumber(env, "released"))
}

// printNumber prints one line about the number in an answer.
func printNumber(env environment, done string) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var n struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(raw, &n); err != nil {
			return err
		}
		_, err := printable.Fprintf(env.stdout, "%s %s\n", done, n.ID)
		return err
	}
}
