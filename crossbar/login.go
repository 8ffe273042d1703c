package crossbar

import (
	"cmp"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// validLogin validates the request's data against the schema of a login method.
func (a *API) validLogin(x *exchange, schema string) (datastore.Document, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	value, fields := a.cfg.Schemas.Validate(schema, datastore.StripPrivate(data))
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	valid, _ := value.(map[string]any)
	return valid, nil
}

// grant issues a token to an authenticated account or user; the zero User means the account itself. The answer tells
// that an account or user is disabled only after the proof. method is KAZOO's name of the proof: "cb_api_auth".
func (a *API) grant(x *exchange, acct account.Account, user account.User, method string) (*answer, error) {
	if !acct.Enabled() {
		return nil, invalidField("account", "disabled", schemas.Violation{
			"message": "account disabled",
			"cause":   string(acct.ID()),
		})
	}
	var token string
	var claims auth.Claims
	var err error
	switch {
	case user.ID() == "":
		token, claims, err = a.cfg.Auth.Issue(x.ctx, acct, method)
	case !user.Enabled():
		return nil, invalidField("user", "disabled", schemas.Violation{"message": "user disabled", "cause": user.ID()})
	default:
		token, claims, err = a.cfg.Auth.IssueUser(x.ctx, user, method)
	}
	if err != nil {
		return nil, err
	}
	shown, err := a.tokenData(x, acct, claims)
	if err != nil {
		return nil, err
	}
	x.granted = claims
	return &answer{data: shown, token: token}, nil
}

// tokenData returns what KAZOO's answers show of a token's identity.
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
		"language":          cmp.Or(acct.Language(), "en-us"),
		"apps":              []any{},
		"capabilities":      map[string]any{},
	}
	setText(shown, "reseller_id", string(reseller))
	setText(shown, "owner_id", claims.OwnerID)
	return shown, nil
}
