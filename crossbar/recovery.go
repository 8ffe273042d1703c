package crossbar

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/resetmail"
	"callfn/schemas"
)

// ResetMailer delivers password resets.
type ResetMailer interface {
	// Mail sends one. No request waits for it.
	Mail(context.Context, resetmail.Reset) error
}

// Recovery configures password resets by e-mail. The zero value switches them off.
type Recovery struct {
	Mailer ResetMailer
	// UIs are the addresses of web clients that links may lead to, with `?recovery=`. If clients chose the address,
	// anybody could direct the resets of others to their own page.
	UIs []string
	// Later runs a function in the background; its context ends with the service.
	Later func(func(context.Context))
}

// requestRecovery sends a user a password reset (cb_user_auth:save_reset_id_then_send_email). The lookup happens in the
// background, so that neither the answer nor its time tells whether the account, user or address exists.
func (a *API) requestRecovery(x *exchange) (*answer, error) {
	request, err := a.validLogin(x, "user_auth_recovery")
	if err != nil {
		return nil, err
	}
	if a.cfg.Recovery.Mailer == nil {
		return nil, fail(http.StatusNotImplemented, "not_implemented",
			says("this service sends no password resets; ask an administrator of the account for a new password"))
	}
	if request.Text("phone_number")+realmOf(request)+request.Text("account_name") == "" {
		return nil, noAccountNamed()
	}
	page, ok := a.recoveryPage(request.Text("ui_url"))
	if !ok {
		return nil, invalidField("ui_url", "forbidden", schemas.Violation{
			"message": "Password resets lead to the web clients of this service only",
			"value":   clip.Name(request.Text("ui_url")),
		})
	}
	name := strings.ToLower(request.Text("username"))
	// Each request counts, whatever its result.
	return a.attempt(x, "recovery of "+name, func() (*answer, bool, error) {
		later := *x
		a.cfg.Recovery.Later(func(ctx context.Context) {
			later.ctx = ctx
			if err := a.sendReset(&later, request, name, page); err != nil {
				a.cfg.Log.Warn("cannot send password reset", "request_id", later.requestID, "error", err)
			}
		})
		text := "if there is such a user with an e-mail address, a password reset is on its way"
		return &answer{data: says(text)}, true, nil
	})
}

// routeShape matches the fragment of a page that is a route within a web client, such as "/login".
var routeShape = regexp.MustCompile(`^[A-Za-z0-9/_-]*$`)

// recoveryPage returns the address for a link. It must be one of UIs or below it, with the configured query and not the
// client's: anybody may ask, and the link goes to somebody else.
func (a *API) recoveryPage(text string) (*url.URL, bool) {
	page, err := url.Parse(text)
	if err != nil || page.User != nil || page.Opaque != "" {
		return nil, false
	}
	for _, ui := range a.cfg.Recovery.UIs {
		allowed, err := url.Parse(ui)
		if err != nil || allowed.Scheme != page.Scheme || !strings.EqualFold(allowed.Host, page.Host) {
			continue
		}
		// Browsers decode encoded dots, so the decoded path must stay below the allowed one.
		base, below := strings.TrimRight(allowed.Path, "/"), path.Clean("/"+page.Path)
		if below == base || strings.HasPrefix(below, base+"/") {
			page.RawQuery, page.ForceQuery = allowed.RawQuery, false
			if !routeShape.MatchString(page.Fragment) {
				page.Fragment, page.RawFragment = "", ""
			}
			return page, true
		}
	}
	return nil, false
}

// sendReset mails a reset to the user of that name in each account that the request names.
func (a *API) sendReset(x *exchange, request datastore.Document, name string, page *url.URL) error {
	ids, err := a.accountsOfLogin(x, request)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, a.sendResetOf(x, id, name, page))
	}
	return errors.Join(errs...)
}

// sendResetOf mails a reset to the account's user of that name, if the user is enabled and has an address.
func (a *API) sendResetOf(x *exchange, of account.ID, name string, page *url.URL) error {
	acct, err := a.cfg.Accounts.Get(x.ctx, of)
	if errors.Is(err, datastore.ErrNotFound) || err == nil && !acct.Enabled() {
		return nil
	}
	if err != nil {
		return err
	}
	id, err := a.cfg.Accounts.UserNamed(x.ctx, of, name)
	if err != nil || id == "" {
		return err
	}
	user, err := a.cfg.Accounts.User(x.ctx, of, id)
	if err != nil {
		return err
	}
	doc := user.Document()
	email := doc.Text("email")
	if email == "" || !user.Enabled() {
		return nil
	}
	text, reset, err := a.cfg.Auth.NewReset(of, id)
	if err != nil {
		return err
	}
	if _, err := a.cfg.Accounts.BeginReset(x.ctx, of, id, reset.Hash, x.stamp()); err != nil {
		return err
	}
	link := *page
	query := link.Query()
	query.Set("recovery", text)
	link.RawQuery = query.Encode()
	return a.cfg.Recovery.Mailer.Mail(x.ctx, resetmail.Reset{
		Account: of, UserID: id, Username: name, Email: email,
		FirstName: doc.Text("first_name"), LastName: doc.Text("last_name"),
		TimeZone: doc.Text("timezone"), Link: link.String(), Expires: a.cfg.Now().Add(account.ResetLife),
	})
}

// useRecovery exchanges the id of a reset's link for a token, once. The user must then set a new password.
func (a *API) useRecovery(x *exchange) (*answer, error) {
	request, err := a.validLogin(x, "user_auth_recovery_reset")
	if err != nil {
		return nil, err
	}
	text := request.Text("reset_id")
	return a.attempt(x, text, func() (*answer, bool, error) {
		out, err := a.resetGrant(x, text)
		if errors.Is(err, account.ErrNoReset) || errors.Is(err, datastore.ErrNotFound) {
			return nil, true, invalidField("user", "not_found", schemas.Violation{
				"message": "The provided reset_id did not resolve to any user: it may have been used, or be over",
			})
		}
		return out, false, err
	})
}

// resetGrant issues the token before it consumes the reset, so that the client can try again after a failure.
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
