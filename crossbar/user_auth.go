package crossbar

import (
	"cmp"
	"context"
	"errors"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/numbers"
	"callfn/schemas"
)

// userAuth exchanges a user's credentials for a token (docs/reference/kazoo.md#user-credentials). Clients hash
// "name:password" themselves. An unknown account answers as a wrong password does
// (cb_user_auth:maybe_authenticate_user).
func (a *API) userAuth(x *exchange) (*answer, error) {
	login, err := a.validLogin(x, "user_auth")
	if err != nil {
		return nil, err
	}
	credentials, method := login.Text("credentials"), login.Text("method")
	return a.attempt(x, credentials, func() (*answer, bool, error) {
		user, err := a.userOfLogin(x, login, method, credentials)
		if errors.Is(err, datastore.ErrNotFound) {
			return nil, true, invalidCredentials()
		}
		if err != nil {
			return nil, false, err
		}
		acct, err := a.cfg.Accounts.Get(x.ctx, user.AccountID())
		if err != nil {
			return nil, false, err
		}
		out, err := a.grant(x, acct, user, "cb_user_auth")
		return out, false, err
	})
}

// userOfLogin finds the user with the credentials of a login in the accounts that it names. datastore.ErrNotFound for
// none.
func (a *API) userOfLogin(x *exchange, login datastore.Document, method, credentials string) (account.User, error) {
	ids, err := a.accountsOfLogin(x, login)
	if err != nil {
		return account.User{}, err
	}
	hashes := make(map[account.ID]string, len(ids))
	for _, id := range ids {
		hashes[id] = a.cfg.Auth.UserCredential(id, method, credentials)
	}
	return a.cfg.Accounts.UserByCredentials(x.ctx, method, hashes)
}

// accountsOfLogin finds the accounts that a login names, in any of KAZOO's three ways. KAZOO takes the first that leads
// anywhere (cb_user_auth:find_account); here all count, since a number leads to whoever has a callflow with it. None is
// no error; a login that goes none of the ways is one.
func (a *API) accountsOfLogin(x *exchange, login datastore.Document) ([]account.ID, error) {
	var found []account.ID
	named := false
	for _, way := range []struct {
		value string
		find  func(context.Context, string) ([]account.ID, error)
	}{
		{realmOf(login), only(a.cfg.Accounts.ByRealm)},
		{login.Text("account_name"), only(a.cfg.Accounts.ByName)},
		{login.Text("phone_number"), a.accountsOfNumber},
	} {
		if way.value == "" {
			continue
		}
		named = true
		ids, err := way.find(x.ctx, way.value)
		if err != nil {
			return nil, err
		}
		found = append(found, ids...)
	}
	if !named {
		return nil, noAccountNamed()
	}
	return found, nil
}

// realmOf gives the realm of a login, under either of KAZOO's names.
func realmOf(login datastore.Document) string {
	return cmp.Or(login.Text("account_realm"), login.Text("realm"))
}

func noAccountNamed() *failure {
	return invalidField("account_name", "required", schemas.Violation{
		"message": "Field is required but missing", "value": "account_name",
	})
}

// only adapts a lookup of one account to a lookup of several.
func only(find func(context.Context, string) (account.Account, error)) func(context.Context, string) ([]account.ID,
	error) {
	return func(ctx context.Context, value string) ([]account.ID, error) {
		acct, err := find(ctx, value)
		if errors.Is(err, datastore.ErrNotFound) {
			return nil, nil
		}
		return []account.ID{acct.ID()}, err
	}
}

// accountsOfNumber finds the account that a number is assigned to, as dialled or as KAZOO normalises it.
func (a *API) accountsOfNumber(ctx context.Context, number string) ([]account.ID, error) {
	owner, err := a.numbers.Owner(ctx, number)
	if errors.Is(err, numbers.ErrUnassigned) {
		return nil, nil
	}
	return []account.ID{owner}, err
}
