package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"callfn/internal/printable"
)

type signingKeysCommand struct {
	clientFlags

	List   signingKeysList   `cmd:""`
	Rotate signingKeysRotate `cmd:""`
}

// signingKey is a key as the API shows it.
type signingKey struct {
	ID      string    `json:"id"`
	Current bool      `json:"current"`
	Created time.Time `json:"created"`
	Retired time.Time `json:"retired"`
}

func (k signingKey) state() string {
	if k.Current {
		return "signs since " + moment(k.Created)
	}
	return "retired " + moment(k.Retired)
}

// signingKeyIDs returns the ids of the keys, the current one first.
func (c *client) signingKeyIDs(ctx context.Context) ([]string, error) {
	var answer struct {
		Data []string `json:"data"`
	}
	err := c.do(ctx, http.MethodGet, "/v2/auth/keys", nil, &answer)
	if err == nil && len(answer.Data) == 0 {
		err = errorf("the server names no signing key")
	}
	return answer.Data, err
}

type signingKeysList struct{}

// Run prints one line per key.
func (signingKeysList) Run(ctx context.Context, env environment, on *signingKeysCommand) error {
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	ids, err := api.signingKeyIDs(ctx)
	if err != nil {
		return err
	}
	keys := make([]json.RawMessage, len(ids))
	t := newTable("ID", "STATE")
	for i, id := range ids {
		var answer struct {
			Data json.RawMessage `json:"data"`
		}
		if err := api.do(ctx, http.MethodGet, "/v2/auth/keys/"+url.PathEscape(id), nil, &answer); err != nil {
			return err
		}
		keys[i] = answer.Data
		var k signingKey
		if err := json.Unmarshal(answer.Data, &k); err != nil {
			return err
		}
		if !on.JSON {
			t.row(k.ID, k.state())
		}
	}
	if on.JSON {
		all, err := json.Marshal(keys)
		if err != nil {
			return err
		}
		return printJSON(env.stdout, all)
	}
	return t.print(env)
}

type signingKeysRotate struct {
	VoidTokens bool
	confirmFlag
}

// Run replaces the key that signs tokens.
func (c signingKeysRotate) Run(ctx context.Context, env environment, on *signingKeysCommand) error {
	action := "rotate"
	if c.VoidTokens {
		action = "reset_private_key"
		d := question{
			does: "make every token worthless, of every account: type", name: "void-tokens",
			about: "everybody has to log in again",
		}
		if err := c.confirm(ctx, env, d); err != nil {
			return err
		}
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	ids, err := api.signingKeyIDs(ctx)
	if err != nil {
		return err
	}
	return on.ask(ctx, env, http.MethodPut, func(*client) string { return "/v2/auth/keys/" + url.PathEscape(ids[0]) },
		map[string]string{"action": action},
		func(raw json.RawMessage) error {
			var k signingKey
			if err := json.Unmarshal(raw, &k); err != nil {
				return err
			}
			_, err := printable.Fprintf(env.stdout, "%s signs now\n", k.ID)
			return err
		})
}
