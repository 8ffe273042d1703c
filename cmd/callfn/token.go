package main

import (
	"context"
	"net/http"
	"time"

	"callfn/internal/printable"
)

type tokenCommand struct{ clientFlags }

// Run prints only a valid token.
func (c tokenCommand) Run(ctx context.Context, env environment) error {
	api, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	// a cached token may be invalid by now
	if err := api.do(ctx, http.MethodGet, "/v2/token_auth", nil, nil); err != nil {
		return err
	}
	if c.JSON {
		_, err = printable.Fprintf(env.stdout, "{\"token\":%q,\"account_id\":%q,\"expires\":%q}\n", api.token, api.account,
			expiry(api.token).Format(time.RFC3339))
		return err
	}
	_, err = printable.Fprintln(env.stdout, api.token)
	return err
}
