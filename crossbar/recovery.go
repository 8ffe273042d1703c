package crossbar

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/resetmail"
	"callfn/schemas"
)

// ResetMailer brings password resets to people.
type ResetMailer interface {
	// Mail sends one. It may take its time: nobody waits for it.
	Mail(context.Context, resetmail.Reset) error
}

// Recovery is how users get at a new password by themselves. The zero value means that they cannot.
type Recovery struct {
	Mailer ResetMailer
	// UIs are where the links may lead: addresses of the web clients that know what to do with `?recovery=`. A client that
	// could choose freely would have other people's resets sent to itself.
	UIs []string
	// Later runs something soon, while the answer is already on its way; what it is given ends with the service.
	Later func(func(context.Context))
}

// requestRecovery sends a user a password reset (cb_user_auth:save_reset_id_then_send_email). Whether there is such an
// account, user or e-mail address shows neither in the answer nor in how long it takes: all that happens later.
func (a *API) requestRecovery(x *exchange) (*answer, error) {
	wish, err := a.validLogin(x, "user_auth_recovery")
	if err != nil {
		return nil, err
	}
	if a.cfg.Recovery.Mailer == nil {
		return nil, fail(http.StatusNotImplemented, "not_implemented", says("this service sends no password resets; ask an administrator of the account for a new password"))
	}
	if wish.Text("phone_number")+wish.Text("account_realm")+wish.Text("account_name") == "" {
		return nil, invalidField("account_name", "required", schemas.Violation{"message": "Field is required but missing", "value": "account_name"})
	}
	page, ok := a.recoveryPage(wish.Text("ui_url"))
	if !ok {
		return nil, invalidField("ui_url", "forbidden", schemas.Violation{
			"message": "Password resets lead to the web clients of this service only", "value": clip(wish.Text("ui_url"))})
	}
	name := strings.ToLower(wish.Text("username"))
	if err := a.mayLogIn(x, "recovery of "+name); err != nil {
		return nil, err
	}
	a.loginFailed(x, "recovery of "+name) // each wish counts, whatever comes of it
	later := *x
	a.cfg.Recovery.Later(func(ctx context.Context) {
		later.ctx = ctx
		if err := a.sendReset(&later, wish, name, page); err != nil {
			a.cfg.Log.Warn("no password reset was sent", "request_id", later.requestID, "error", err)
		}
	})
	return &answer{data: says("if there is such a user with an e-mail address, a password reset is on its way")}, nil
}

// recoveryPage is the address that a link begins with, if links may lead there: one of ours, or below it.
func (a *API) recoveryPage(text string) (*url.URL, bool) {
	wish, err := url.Parse(text)
	if err != nil || wish.User != nil || wish.Opaque != "" {
		return nil, false
	}
	for _, ui := range a.cfg.Recovery.UIs {
		ours, err := url.Parse(ui)
		if err != nil || ours.Scheme != wish.Scheme || !strings.EqualFold(ours.Host, wish.Host) {
			continue
		}
		// Browsers take encoded dots for dots, so it is the decoded path that must stay below ours.
		base, below := strings.TrimRight(ours.Path, "/"), path.Clean("/"+wish.Path)
		if below == base || strings.HasPrefix(below, base+"/") {
			return wish, true
		}
	}
	return nil, false
}

func (a *API) sendReset(x *exchange, wish datastore.Document, name string, page *url.URL) error {
	accounts, err := a.accountsOfLogin(x, wish)
	if err != nil {
		return err
	}
	for _, acct := range accounts {
		id, err := a.cfg.Accounts.UserNamed(x.ctx, acct.ID(), name)
		if err != nil {
			return err
		}
		if id == "" || !acct.Enabled() {
			continue
		}
		user, err := a.cfg.Accounts.User(x.ctx, acct.ID(), id)
		if err != nil {
			return err
		}
		email := user.Document().Text("email")
		if email == "" || !user.Enabled() {
			continue
		}
		text, reset, err := a.cfg.Auth.NewReset(acct.ID(), id)
		if err != nil {
			return err
		}
		if _, err := a.cfg.Accounts.BeginReset(x.ctx, acct.ID(), id, reset.Hash, x.stamp()); err != nil {
			return err
		}
		link := *page
		query := link.Query()
		query.Set("recovery", text)
		link.RawQuery = query.Encode()
		doc := user.Document()
		return a.cfg.Recovery.Mailer.Mail(x.ctx, resetmail.Reset{
			Account: acct.ID(), UserID: id, Username: name, Email: email, FirstName: doc.Text("first_name"), LastName: doc.Text("last_name"),
			TimeZone: doc.Text("timezone"), Link: link.String(), Expires: a.cfg.Now().Add(account.ResetLife),
		})
	}
	return nil
}

// useRecovery exchanges the id out of a reset's link for a token, once; a new password is then due.
func (a *API) useRecovery(x *exchange) (*answer, error) {
	wish, err := a.validLogin(x, "user_auth_recovery_reset")
	if err != nil {
		return nil, err
	}
	text := wish.Text("reset_id")
	if err := a.mayLogIn(x, text); err != nil {
		return nil, err
	}
	out, err := a.resetGrant(x, text)
	if errors.Is(err, account.ErrNoReset) || errors.Is(err, datastore.ErrNotFound) {
		a.loginFailed(x, text)
		return nil, invalidField("user", "not_found", schemas.Violation{
			"message": "The provided reset_id did not resolve to any user: it may have been used, or be over"})
	}
	return out, err
}

// resetGrant makes the token before it uses the reset up: where the one fails, the other can be tried again.
func (a *API) resetGrant(x *exchange, text string) (*answer, error) {
	reset, ok := a.cfg.Auth.ReadReset(text)
	if !ok {
		return nil, account.ErrNoReset
	}
	user, err := a.cfg.Accounts.User(x.ctx, reset.Account, reset.User)
	if err != nil {
		return nil, err
	}
	if !user.ResetCounts(reset.Hash, a.cfg.Now()) {
		return nil, account.ErrNoReset
	}
	acct, err := a.cfg.Accounts.Get(x.ctx, reset.Account)
	if err != nil {
		return nil, err
	}
	out, err := a.grant(x, acct, user, "cb_user_auth")
	if err != nil {
		return nil, err
	}
	if _, err := a.cfg.Accounts.UseReset(x.ctx, reset.Account, reset.User, reset.Hash, x.stamp()); err != nil {
		return nil, err
	}
	return out, nil
}
