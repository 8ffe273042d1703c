package crossbar

import (
	"errors"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// apiAuth exchanges an API key for a token (docs/reference/kazoo.md#api-keys).
func (a *API) apiAuth(x *exchange) (*answer, error) {
	login, err := a.validLogin(x, "api_auth")
	if err != nil {
		return nil, err
	}
	key := login.Text("api_key")
	return a.attempt(x, key, func() (*answer, bool, error) {
		acct, err := a.cfg.Accounts.ByAPIKey(x.ctx, key)
		if errors.Is(err, datastore.ErrNotFound) {
			return nil, true, fail(404, "bad identifier", []any{key})
		}
		if err != nil {
			return nil, false, err
		}
		out, err := a.grant(x, acct, account.User{}, "cb_api_auth")
		return out, false, err
	})
}
