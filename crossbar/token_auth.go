package crossbar

// showToken describes the request's token (docs/reference/kazoo.md#login-responses).
func (a *API) showToken(x *exchange) (*answer, error) {
	shown, err := a.tokenData(x, x.caller.account, x.caller.claims)
	if err != nil {
		return nil, err
	}
	shown["method"], shown["exp"] = x.caller.claims.Method, x.caller.claims.Expires.Unix()
	return &answer{data: shown}, nil
}

// revokeToken revokes the request's token.
func (a *API) revokeToken(x *exchange) (*answer, error) {
	claims := x.caller.claims
	var err error
	if claims.OwnerID == "" {
		err = a.cfg.Accounts.RevokeToken(x.ctx, claims.AccountID, claims.TokenID, claims.Expires, x.stamp())
	} else {
		err = a.cfg.Accounts.RevokeUserToken(x.ctx, claims.AccountID, claims.OwnerID, claims.TokenID, claims.Expires,
			x.stamp())
	}
	if err != nil {
		return nil, err
	}
	x.caller = nil // the answer must not repeat it
	return &answer{}, nil
}
