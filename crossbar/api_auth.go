package crossbar

import (
	"errors"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// apiAuth exchanges an API key for a token (kazoo-facts §7.1).
func (a *API) apiAuth(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	value, fields := a.cfg.Schemas.Validate("api_auth", datastore.StripPrivate(data))
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	valid, _ := value.(map[string]any)
	key, _ := valid["api_key"].(string)
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
	if !acct.Enabled() {
		return nil, invalidField("account", "disabled", schemas.Violation{"message": "account disabled", "cause": string(acct.ID())})
	}
	token, claims, err := a.cfg.Auth.Issue(x.ctx, acct, "cb_api_auth")
	if err != nil {
		return nil, err
	}
	shown, err := a.tokenData(x, acct, claims)
	if err != nil {
		return nil, err
	}
	return &answer{data: shown, token: token}, nil
}

// showToken says what the request's token is (kazoo-facts §7.3).
func (a *API) showToken(x *exchange) (*answer, error) {
	shown, err := a.tokenData(x, x.caller.account, x.caller.claims)
	if err != nil {
		return nil, err
	}
	shown["method"], shown["exp"] = x.caller.claims.Method, x.caller.claims.Expires.Unix()
	return &answer{data: shown}, nil
}

// revokeToken makes the request's token worthless now.
func (a *API) revokeToken(x *exchange) (*answer, error) {
	claims := x.caller.claims
	var err error
	if claims.OwnerID == "" {
		err = a.cfg.Accounts.RevokeToken(x.ctx, claims.AccountID, claims.TokenID, claims.Expires, x.stamp())
	} else {
		err = a.cfg.Accounts.RevokeUserToken(x.ctx, claims.AccountID, claims.OwnerID, claims.TokenID, claims.Expires, x.stamp())
	}
	if err != nil {
		return nil, err
	}
	x.caller = nil // it is not repeated in the answer
	return &answer{}, nil
}

// tokenData is what KAZOO tells about the identity of a token.
func (a *API) tokenData(x *exchange, acct account.Account, claims auth.Claims) (map[string]any, error) {
	reseller, err := a.cfg.Accounts.ResellerID(x.ctx, acct)
	if err != nil {
		return nil, err
	}
	master, err := a.cfg.Accounts.MasterID(x.ctx)
	if err != nil {
		return nil, err
	}
	shown := map[string]any{
		"account_id":        string(acct.ID()),
		"account_name":      acct.Name(),
		"is_reseller":       acct.Reseller(),
		"is_master_account": acct.ID() == master,
		"cluster_id":        a.node,
		"language":          orElse(acct.Language(), "en-us"),
		"apps":              []any{},
		"capabilities":      map[string]any{},
	}
	setText(shown, "reseller_id", string(reseller))
	setText(shown, "owner_id", claims.OwnerID)
	return shown, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
