package crossbar

import (
	"context"
	"errors"
	"fmt"
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

// ResetMailer brings password resets to people.
type ResetMailer interface {
	// Mail sends one. It may take its time: nobody waits for it.
	Mail(context.Context, resetmail.Reset) error
}

// Recovery is how users get at a new password by themselves. The zero value means that they cannot.
type Recovery struct {
	Mailer ResetMailer
	// UIs are where the links may lead: addresses of the web clients that know what to do with `?recovery=`. A client
	// that could choose freely would have other people's resets sent to itself.
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
		return nil, fail(http.StatusNotImplemented, "not_implemented",
			says("this service sends no password resets; ask an administrator of the account for a new password"))
	}
	if wish.Text("phone_number")+realmOf(wish)+wish.Text("account_name") == "" {
		return nil, noAccountNamed()
	}
	page, ok := a.recoveryPage(wish.Text("ui_url"))
	if !ok {
		return nil, invalidField("ui_url", "forbidden", schemas.Violation{
			"message": "Password resets lead to the web clients of this service only", "value": clip.Name(wish.Text("ui_url")),
		})
	}
	name := strings.ToLower(wish.Text("username"))
	// Each request counts, whatever comes of it.
	return a.attempt(x, "recovery of "+name, func() (*answer, bool, error) {
		later := *x
		a.cfg.Recovery.Later(func(ctx context.Context) {
			later.ctx = ctx
			if err := a.sendReset(&later, wish, name, page); err != nil {
				a.cfg.Log.Warn("cannot send password reset", "request_id", later.requestID, "error", err)
			}
		})
		text := "if there is such a user with an e-mail address, a password reset is on its way"
		return &answer{data: says(text)}, true, nil
	})
}

// routeShape is the fragment of a page that is a route within a web client, such as "/login", and nothing else.
var routeShape = regexp.MustCompile(`^[A-Za-z0-9/_-]*$`)

// recoveryPage is the address that a link begins with, if links may lead there: one of ours, or below it. The query is
// ours, not the asker's, who may be anybody: the link goes to somebody else.
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
			wish.RawQuery, wish.ForceQuery = ours.RawQuery, false
			if !routeShape.MatchString(wish.Fragment) {
				wish.Fragment, wish.RawFragment = "", ""
			}
			return wish, true
		}
	}
	return nil, false
}

// mostResets bounds the mails of one request. Only accounts that share a number are more than one.
const mostResets = 20

// sendReset mails a reset to the user of that name of each account that the request names: which of those that share a
// number is meant, nobody knows.
func (a *API) sendReset(x *exchange, wish datastore.Document, name string, page *url.URL) error {
	ids, err := a.accountsOfLogin(x, wish)
	if err != nil {
		return err
	}
	var errs []error
	if more := len(ids) - mostResets; more > 0 {
		ids = ids[:mostResets]
		errs = append(errs, fmt.Errorf("%d more accounts have a callflow with the number: "+
			"ask with account_realm or account_name", more))
	}
	for _, id := range ids {
		errs = append(errs, a.sendResetOf(x, id, name, page))
	}
	return errors.Join(errs...)
}

// sendResetOf mails a reset to the account's user of that name, if there is one that can use it.
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

// useRecovery exchanges the id out of a reset's link for a token, once; a new password is then due.
func (a *API) useRecovery(x *exchange) (*answer, error) {
	wish, err := a.validLogin(x, "user_auth_recovery_reset")
	if err != nil {
		return nil, err
	}
	text := wish.Text("reset_id")
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
