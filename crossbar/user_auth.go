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
// "name:password" themselves. An unknown account is answered like a wrong password
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

// userOfLogin finds the user with the credentials of a login in the accounts that it names. It returns
// datastore.ErrNotFound if there is none.
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

// accountsOfLogin finds the accounts that a login names by realm, name and number, at most one by each. KAZOO takes the
// first that leads anywhere (cb_user_auth:find_account); here all count. Finding none is no error; a login that names
// no account is one.
func (a *API) accountsOfLogin(x *exchange, login datastore.Document) ([]account.ID, error) {
	var found []account.ID
	named := false
	for _, way := range []struct {
		value string
		find  func(context.Context, string) ([]account.ID, error)
	}{
		{realmOf(login), idOf(a.cfg.Accounts.ByRealm)},
		{login.Text("account_name"), idOf(a.cfg.Accounts.ByName)},
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

// realmOf returns the realm of a login, under either of KAZOO's names.
func realmOf(login datastore.Document) string {
	return cmp.Or(login.Text("account_realm"), login.Text("realm"))
}

func noAccountNamed() *failure {
	return invalidField("account_name", "required", schemas.Violation{
		"message": "Field is required but missing", "value": "account_name",
	})
}

// idOf returns a look-up of an account's id: a list of one, or of none if there is no such account.
func idOf(find func(context.Context, string) (account.Account, error)) func(context.Context, string) ([]account.ID,
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
