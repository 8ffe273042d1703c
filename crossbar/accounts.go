package crossbar

import (
	"cmp"
	"errors"
	"net/http"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// computedProperties are members of accounts that answers show but clients cannot set.
var computedProperties = []string{
	"superduper_admin", "is_reseller", "reseller_id", "created", "billing_mode", "wnm_allow_additions", "api_key",
	"trial_time_left",
}

// createAccount creates a child of the account of the path, or of the caller's own (docs/reference/kazoo.md#access).
func (a *API) createAccount(x *exchange) (*answer, error) {
	parent := x.account
	if x.route.Access != Subtree {
		parent = x.caller.account
	}
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	public, warnings, err := a.validAccount(data)
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Quota.roomBelow(x, a.cfg.Accounts, parent); err != nil {
		return nil, err
	}
	created, err := a.newAccount(x, parent, datastore.Document(public).Ordered(x.body.order), data["id"])
	if err != nil {
		return nil, err
	}
	out, err := a.accountAnswer(x, created)
	if err == nil {
		out.location = "/v2/accounts/" + string(created.ID())
		out.warnings = withWarnings(nil, append(warnings, a.accountRemarks(x, created)...))
	}
	return out, err
}

// accountRemarks warns of a preflow that does not exist.
func (a *API) accountRemarks(x *exchange, acct account.Account) []schemas.Warning {
	own := *x
	own.account = acct
	return a.missingReferences(&own, acct.Document(), idsIn([]string{"preflow", "always"}, acct.Preflow(),
		[]string{callflow.DocumentType}))
}

// newAccount creates the account. A superduper admin may give its id, so that an account has the same id here and in
// KAZOO; the `id` of other callers is ignored.
func (a *API) newAccount(x *exchange, parent account.Account, public datastore.Document,
	id any,
) (account.Account, error) {
	if id == nil || !x.caller.account.Superduper() {
		return a.cfg.Accounts.Create(x.ctx, parent, public, x.stamp())
	}
	text, _ := id.(string)
	if valid := account.ID(text); valid.Valid() {
		return a.cfg.Accounts.CreateAs(x.ctx, valid, parent, public, x.stamp())
	}
	return account.Account{}, invalidField("id", "pattern", schemas.Violation{
		"message": "An account's id is 32 lower-case hexadecimal digits", "target": "^[0-9a-f]{32}$",
		"value": clip.Name(text),
	})
}

func (a *API) showAccount(x *exchange) (*answer, error) { return a.accountAnswer(x, x.account) }

func (a *API) replaceAccount(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	return a.editAccount(x,
		func(doc datastore.Document) datastore.Document { return doc.Replace(data).Ordered(x.body.order) })
}

func (a *API) patchAccount(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	return a.editAccount(x, func(doc datastore.Document) datastore.Document { return doc.Patch(data, x.body.order) })
}

// editAccount changes the current revision of the account of the path, as documentKind.edit does for documents.
func (a *API) editAccount(x *exchange, change func(datastore.Document) datastore.Document) (*answer, error) {
	acct := x.account
	for attempt := 1; ; attempt++ {
		doc := acct.Document()
		if err := x.precondition(doc.Rev()); err != nil {
			return nil, err
		}
		next, warnings, err := a.changedAccount(x, acct, change(doc))
		if err != nil {
			return nil, err
		}
		saved, err := a.cfg.Accounts.Update(x.ctx, next, x.stamp())
		if err == nil {
			out, err := a.accountAnswer(x, saved)
			if err == nil {
				out.warnings = withWarnings(nil, append(warnings, a.accountRemarks(x, saved)...))
			}
			return out, err
		}
		if err := saveAgain(x, attempt, err); err != nil {
			return nil, err
		}
		if acct, err = a.cfg.Accounts.Get(x.ctx, acct.ID()); err != nil {
			return nil, err
		}
	}
}

// changedAccount validates a new public part and puts it into the account's document. The realm stays if the client
// gives none, and an account cannot change whether it is enabled.
func (a *API) changedAccount(x *exchange, acct account.Account, wanted datastore.Document) (datastore.Document,
	[]schemas.Warning, error,
) {
	given := datastore.StripPrivate(wanted)
	_, present := given["enabled"]
	if own := acct.ID() == x.caller.account.ID(); own || !present {
		given["enabled"] = acct.Enabled()
	}
	if _, realm := given["realm"]; !realm {
		given["realm"] = acct.Realm()
	}
	valid, warnings, err := a.validAccount(given)
	if err != nil {
		return nil, nil, err
	}
	next := acct.Document().Replace(valid).Ordered(wanted.Order())
	account.TakeEnabled(next)
	return next, warnings, nil
}

// validAccount validates the public part of an account. The warnings concern regular expressions that only KAZOO uses.
func (a *API) validAccount(data map[string]any) (map[string]any, []schemas.Warning, error) {
	public := datastore.StripPrivate(data)
	for _, name := range computedProperties {
		delete(public, name)
	}
	value, fields := a.cfg.Schemas.Validate("accounts", public)
	if fields == nil {
		fields = schemas.FieldErrors{}
	}
	fields.Merge(checkSize(public, a.cfg.ExtraLimit))
	regexFields, warnings := checkRegexes(a.cfg.Schemas, "accounts", public)
	fields.Merge(regexFields)
	if zone, ok := public["timezone"].(string); ok && !account.ValidTimeZone(zone) {
		fields.Add("timezone", "wrong_format", schemas.Violation{
			"message": "Field is not in the correct format", "format": "time zone name, such as Europe/Berlin",
			"value": clip.Name(zone),
		})
	}
	if name, ok := public["name"].(string); ok && name != "" && datastore.AlphanumName(name) == "" {
		fields.Add("name", "pattern", schemas.Violation{
			"message": "A name has at least one letter or digit", "target": "[a-z0-9]", "value": clip.Name(name),
		})
	}
	if len(fields) > 0 {
		return nil, nil, invalid(fields)
	}
	valid, ok := value.(map[string]any)
	if !ok {
		return nil, nil, internalError(errors.New("the accounts schema gave no object"))
	}
	return valid, warnings, nil
}

// deleteAccount deletes an account without descendants, with everything that it has.
func (a *API) deleteAccount(x *exchange) (*answer, error) {
	id := x.account.ID()
	master, err := a.cfg.Accounts.MasterID(x.ctx)
	if err != nil {
		return nil, err
	}
	if id == master {
		return nil, invalidMethod([]string{
			http.MethodOptions, http.MethodGet, http.MethodPut, http.MethodPost,
			http.MethodPatch,
		})
	}
	if err := x.precondition(x.account.Document().Rev()); err != nil {
		return nil, err
	}
	below, err := a.cfg.Accounts.HasDescendants(x.ctx, id)
	if err != nil {
		return nil, err
	}
	if below {
		return nil, account.ErrHasDescendants
	}
	out, err := a.accountAnswer(x, x.account)
	if err != nil {
		return nil, err
	}
	// The account is disabled first, so that nothing is added to it. Then its documents are deleted, and then the account.
	// An interrupted deletion can be repeated.
	if _, err := a.cfg.Accounts.Disable(x.ctx, id, x.stamp()); err != nil {
		return nil, err
	}
	if err := a.wipe(x, id); err != nil {
		return nil, err
	}
	tombstone, err := a.cfg.Accounts.SoftDelete(x.ctx, id, x.stamp())
	if err != nil {
		return nil, err
	}
	if err := a.wipe(x, id); err != nil { // documents that an ancestor stored there meanwhile
		return nil, err
	}
	if hard := !x.flag("should_soft_delete", true); hard && id != x.caller.account.ID() {
		if err := a.cfg.Accounts.Remove(x.ctx, tombstone); err != nil {
			return nil, err
		}
	}
	if id == x.caller.account.ID() {
		x.caller = nil // its token is invalid now
	}
	markDeleted(out)
	out.revision = tombstone.Document().Rev()
	return out, nil
}

// accountAnswer returns the client's view of an account, with the private members that KAZOO shows.
func (a *API) accountAnswer(x *exchange, acct account.Account) (*answer, error) {
	doc := acct.Document()
	shown := public(doc)
	reseller, err := a.cfg.Accounts.ResellerID(x.ctx, acct)
	if err != nil {
		return nil, err
	}
	zone, err := a.cfg.Accounts.TimeZone(x.ctx, acct)
	if err != nil {
		return nil, err
	}
	shown["enabled"] = acct.Enabled()
	shown["superduper_admin"] = acct.Superduper()
	shown["is_reseller"] = acct.Reseller()
	shown["reseller_id"] = cmp.Or(string(reseller), string(acct.ID()))
	shown["wnm_allow_additions"] = false
	shown["created"] = doc["pvt_created"]
	shown["language"] = cmp.Or(acct.Language(), "en-us")
	if zone == "UTC" {
		zone = "Etc/UTC" // the same zone, long enough for KAZOO's schema when the client sends it back
	}
	shown["timezone"] = zone
	shown["billing_mode"] = "manual"
	if reseller == x.caller.account.ID() {
		shown["billing_mode"] = "limits_only"
	}
	return &answer{data: shown, order: doc.Order(), revision: doc.Rev()}, nil
}
