package crossbar

import (
	"context"
	"errors"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// userAuth exchanges a user's credentials for a token (kazoo-facts §7.2). Clients hash "name:password" themselves. An
// account that is not there answers as a wrong password does (cb_user_auth:maybe_authenticate_user).
func (a *API) userAuth(x *exchange) (*answer, error) {
	login, err := a.validLogin(x, "user_auth")
	if err != nil {
		return nil, err
	}
	credentials, method := login.Text("credentials"), login.Text("method")
	if err := a.mayLogIn(x, credentials); err != nil {
		return nil, err
	}
	accounts, err := a.accountsOfLogin(x, login)
	if err != nil {
		return nil, err
	}
	for _, acct := range accounts {
		hash := a.cfg.Auth.UserCredential(acct.ID(), method, credentials)
		user, err := a.cfg.Accounts.UserByCredentials(x.ctx, acct.ID(), method, hash)
		if err == nil {
			return a.grant(x, acct, user, "cb_user_auth")
		}
		if !errors.Is(err, datastore.ErrNotFound) {
			return nil, err
		}
	}
	a.loginFailed(x, credentials)
	return nil, invalidCredentials()
}

// accountsOfLogin finds the accounts that a login names, by the first of KAZOO's three ways that leads anywhere
// (cb_user_auth:find_account). None is no error; a login that goes none of the ways is one.
func (a *API) accountsOfLogin(x *exchange, login datastore.Document) ([]account.Account, error) {
	named := false
	for _, way := range []struct {
		field string
		find  func(context.Context, string) ([]account.Account, error)
	}{{"phone_number", a.accountsOfNumber}, {"account_realm", only(a.cfg.Accounts.ByRealm)}, {"account_name", only(a.cfg.Accounts.ByName)}} {
		value := login.Text(way.field)
		if value == "" {
			continue
		}
		named = true
		if found, err := way.find(x.ctx, value); err != nil || len(found) > 0 {
			return found, err
		}
	}
	if !named {
		return nil, invalidField("account_name", "required", schemas.Violation{
			"message": "Field is required but missing", "value": "account_name"})
	}
	return nil, nil
}

// only makes a way to find one account one to find some.
func only(find func(context.Context, string) (account.Account, error)) func(context.Context, string) ([]account.Account, error) {
	return func(ctx context.Context, value string) ([]account.Account, error) {
		acct, err := find(ctx, value)
		if errors.Is(err, datastore.ErrNotFound) {
			return nil, nil
		}
		return []account.Account{acct}, err
	}
}

// mostOfNumber is how many accounts with the same number a login tries. Numbers are unique in an account only.
const mostOfNumber = 10

// accountsOfNumber finds the accounts that have a callflow with a number, as dialled or as KAZOO normalises it.
func (a *API) accountsOfNumber(ctx context.Context, number string) ([]account.Account, error) {
	ids, err := callflow.AccountsOfNumber(ctx, a.cfg.Datastores, number, mostOfNumber)
	if err != nil {
		return nil, err
	}
	var found []account.Account
	for _, id := range ids {
		acct, err := a.cfg.Accounts.Get(ctx, id)
		if errors.Is(err, datastore.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, acct)
	}
	return found, nil
}
