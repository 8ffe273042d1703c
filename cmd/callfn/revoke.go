package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"callfn/internal/printable"
)

// revokeArgs names the key to revoke.
type revokeArgs struct {
	ID string `arg:"" name:"key"`
	confirmFlag
}

// revoke revokes a key of the account. about says what happens to who has it.
func (f clientFlags) revoke(ctx context.Context, env environment, n noun, c revokeArgs, about string) error {
	api, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	id, err := api.find(ctx, n, c.ID)
	if err != nil {
		return err
	}
	if err := c.confirm(ctx, env, question{does: "revoke the " + n.one, name: c.ID, about: about}); err != nil {
		return err
	}
	path := api.path(append(strings.Split(n.resource, "/"), id)...)
	return f.send(ctx, env, api, http.MethodDelete, path, nil, func(json.RawMessage) error {
		_, err := printable.Fprintf(env.stdout, "revoked %s\n", id)
		return err
	})
}
