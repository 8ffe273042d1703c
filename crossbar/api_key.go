package crossbar

import "callfn/internal/account"

// showAPIKey answers the account's key to a caller that may act for it.
func (a *API) showAPIKey(x *exchange) (*answer, error) { return keyAnswer(x.account), nil }

// rotateAPIKey gives the account a new key. The old key and every token of the account become invalid at once,
// including the token of this request.
func (a *API) rotateAPIKey(x *exchange) (*answer, error) {
	changed, err := a.cfg.Accounts.RotateAPIKey(x.ctx, x.account.ID(), x.stamp())
	if err != nil {
		return nil, err
	}
	if a.cfg.APIKeyChanged != nil {
		a.cfg.APIKeyChanged(changed)
	}
	if changed.ID() == x.caller.account.ID() {
		x.caller = nil
	}
	return keyAnswer(changed), nil
}

func keyAnswer(acct account.Account) *answer {
	return &answer{data: map[string]any{"api_key": acct.APIKey()}}
}
