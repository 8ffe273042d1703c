package main

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"callfn/internal/printable"
)

type pivotCommand struct {
	clientFlags

	Create pivotCreate `cmd:""`
	List   pivotList   `cmd:""`
	Revoke pivotRevoke `cmd:""`
}

// pivotKey is a key as the API shows it.
type pivotKey struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Function string `json:"function"`
	Key      string `json:"key"`
	Path     string `json:"path"`
	VoiceURL string `json:"voice_url"`
}

// opens says what the key gives access to.
func (k pivotKey) opens() string {
	if k.Function == "" {
		return "numbers"
	}
	return "function " + k.Function
}

type pivotCreate struct {
	Function string `placeholder:"FUNCTION"`
	Name     string
}

// Run creates the key and prints only the address for the node's voice_url on stdout.
func (c pivotCreate) Run(ctx context.Context, env environment, on *pivotCommand) error {
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	function, err := api.find(ctx, aFunction, c.Function)
	if err != nil {
		return err
	}
	data := map[string]string{}
	if function != "" {
		data["function"] = function
	}
	if c.Name != "" {
		data["name"] = c.Name
	}
	return on.send(ctx, env, api, http.MethodPut, api.path("pivot", "keys"), data, func(raw json.RawMessage) error {
		var k pivotKey
		if err := json.Unmarshal(raw, &k); err != nil {
			return err
		}
		note := `Put this into the node: {"module":"pivot","data":{"voice_url":"…","method":"post",` +
			`"req_body_format":"json"},"children":{"_":…}}`
		if k.VoiceURL == "" {
			k.VoiceURL = "https://YOUR-SERVER" + k.Path + "?key=" + k.Key
			note = "Put the address at which KAZOO reaches the service in place of YOUR-SERVER; `callfn serve --public-url` " +
				"knows it next time.\n" + note
		}
		if _, err := printable.Fprintln(env.stdout, k.VoiceURL); err != nil {
			return err
		}
		if _, err := printable.Fprintf(env.stderr, "Key %s for %s. It is not shown again.\n", k.ID, k.opens()); err != nil {
			return err
		}
		_, err := io.WriteString(env.stderr, note+"\n")
		return err
	})
}

type pivotList struct{}

// Run prints one line per key.
func (pivotList) Run(ctx context.Context, env environment, on *pivotCommand) error {
	return on.ask(ctx, env, http.MethodGet, func(api *client) string {
		return api.path("pivot", "keys") +
			"?paginate=false"
	}, nil, func(raw json.RawMessage) error {
		list, err := decodeList[pivotKey](env, raw, "no keys yet: make one with `callfn pivot create`")
		if err != nil || len(list) == 0 {
			return err
		}
		slices.SortFunc(list, func(a, b pivotKey) int { return cmp.Or(byName(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
		t := newTable("ID", "OPENS", "NAME")
		for _, k := range list {
			t.row(k.ID, k.opens(), k.Name)
		}
		return t.print(env)
	})
}

type pivotRevoke struct{ revokeArgs }

// Run revokes the key.
func (c pivotRevoke) Run(ctx context.Context, env environment, on *pivotCommand) error {
	return on.revoke(ctx, env, aPivotKey, c.revokeArgs, "calls that ask with it go on at the pivot node's _ child")
}
