package crossbar

import (
	"context"
	"errors"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// userAuth exchanges a user's credentials for a token (kazoo-facts §7.2). Clients hash "name:password" themselves.
func (a *API) userAuth(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	value, fields := a.cfg.Schemas.Validate("user_auth", datastore.StripPrivate(data))
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	valid, _ := value.(map[string]any)
	login := datastore.Document(valid)
	credentials, method := login.Text("credentials"), login.Text("method")
	if err := a.mayLogIn(x, credentials); err != nil {
		return nil, err
	}
	acct, err := a.accountOfLogin(x, login)
	if err != nil {
		return nil, err
	}
	hash := a.cfg.Auth.UserCredential(acct.ID(), method, credentials)
	user, err := a.cfg.Accounts.UserByCredentials(x.ctx, acct.ID(), method, hash)
	if errors.Is(err, datastore.ErrNotFound) {
		a.loginFailed(x, credentials)
		return nil, invalidCredentials()
	}
	if err != nil {
		return nil, err
	}
	// Only who knows the password is told what is switched off.
	if !acct.Enabled() {
		return nil, invalidField("account", "disabled", schemas.Violation{"message": "account disabled", "cause": string(acct.ID())})
	}
	if !user.Enabled() {
		return nil, invalidField("user", "disabled", schemas.Violation{"message": "user disabled", "cause": user.ID()})
	}
	token, claims, err := a.cfg.Auth.IssueUser(x.ctx, user, "cb_user_auth")
	if err != nil {
		return nil, err
	}
	shown, err := a.tokenData(x, acct, claims)
	if err != nil {
		return nil, err
	}
	return &answer{data: shown, token: token}, nil
}

// accountOfLogin finds the account a login names, by the first of KAZOO's three ways that it uses. There is no register
// of phone numbers here that belong to accounts, so a number finds none.
func (a *API) accountOfLogin(x *exchange, login datastore.Document) (account.Account, error) {
	noNumbers := func(context.Context, string) (account.Account, error) {
		return account.Account{}, &datastore.Error{Op: "find", Subject: "account of this number", Kind: datastore.ErrNotFound}
	}
	for _, way := range []struct {
		field string
		find  func(context.Context, string) (account.Account, error)
	}{{"phone_number", noNumbers}, {"account_realm", a.cfg.Accounts.ByRealm}, {"account_name", a.cfg.Accounts.ByName}} {
		value := login.Text(way.field)
		if value == "" {
			continue
		}
		acct, err := way.find(x.ctx, value)
		if errors.Is(err, datastore.ErrNotFound) {
			a.loginFailed(x, login.Text("credentials"))
			return acct, invalidField(way.field, "not_found", schemas.Violation{
				"message": "The provided " + way.field + " could not be found", "cause": clip(value)})
		}
		return acct, err
	}
	return account.Account{}, invalidField("account_name", "required", schemas.Violation{
		"message": "Field is required but missing", "value": "account_name"})
}
