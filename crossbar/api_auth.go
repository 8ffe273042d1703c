package crossbar

import (
	"errors"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// apiAuth exchanges an API key for a token (kazoo-facts §7.1).
func (a *API) apiAuth(x *exchange) (*answer, error) {
	login, err := a.validLogin(x, "api_auth")
	if err != nil {
		return nil, err
	}
	key := login.Text("api_key")
	if err := a.mayLogIn(x, key); err != nil {
		return nil, err
	}
	acct, err := a.cfg.Accounts.ByAPIKey(x.ctx, key)
	if errors.Is(err, datastore.ErrNotFound) {
		a.loginFailed(x, key)
		return nil, fail(404, "bad identifier", []any{key})
	}
	if err != nil {
		return nil, err
	}
	return a.grant(x, acct, account.User{}, "cb_api_auth")
}
