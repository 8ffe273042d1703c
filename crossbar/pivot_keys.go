package crossbar

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
)

// pivotKeys serves the keys of KAZOO's pivot nodes. Each gives access to one endpoint of its account: its numbers, or
// one function. They are stored beside users, and shown only when they are created.
func (a *API) pivotKeys() *documentKind {
	return a.invokeKeys("pivot_keys", "pivot_key", "crossbar_pivot_keys", a.checkKey, pivotPath)
}

// createPivotKey creates a key and answers it. No later answer does.
func (a *API) createPivotKey(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	out, key, err := a.createKey(x, a.pivotKeys(), data)
	if err != nil {
		return nil, err
	}
	if shown, _ := out.data.(map[string]any); a.cfg.PublicURL != "" {
		path, _ := shown["path"].(string)
		shown["voice_url"] = a.cfg.PublicURL + path + "?" + keyParameter + "=" + key
	}
	return out, nil
}

// revokePivotKey deletes a key and removes it from this process's memory.
func (a *API) revokePivotKey(x *exchange) (*answer, error) { return a.revokeKey(x, a.pivotKeys()) }

// invokeKey is a verified key with what its account's calls need.
type invokeKey struct {
	id, hash string
	kind     string        // the documents' kind: pivot_keys or keys
	endpoint auth.Endpoint // of the key; its tickets open others
	expires  time.Time     // zero for never
	account  account.ID
	zone     string    // the account's time zone
	zoneRead time.Time // when it was read
}

// zoneKept is how long the account's time zone, which may be an ancestor's, is used without reading it again.
const zoneKept = 30 * time.Second

// keyParameter is the query parameter with which a voice_url carries its key. KAZOO accepts only an address, and breaks
// addresses with user and password when it adds its parameters to a GET (kz_http_util:urlunsplit).
const keyParameter = "key"

// presentedKey returns the key of a request: from HTTP basic credentials (as password, or as user alone), a bearer
// token, or the parameter `key` of the address.
func (x *exchange) presentedKey() string {
	if user, password, ok := x.request.BasicAuth(); ok {
		return cmp.Or(password, user)
	}
	if header := x.request.Header.Get("Authorization"); header != "" {
		return bearer(header)
	}
	return x.query.Get(keyParameter)
}

// admit verifies the endpoint's key. Every refusal is the same, so that answers reveal nothing about accounts,
// functions and keys. While the datastore does not answer, a recently verified key stays valid, so that calls continue;
// nobody can revoke a key during that time.
func (a *API) admit(x *exchange, k *documentKind, e auth.Endpoint, presented string) (invokeKey, error) {
	id := auth.InvokeKeyID(presented)
	if id == "" || !a.invocations.mayTry(x.address(), id) {
		return invokeKey{}, a.notAdmitted(x)
	}
	key, err := a.readInvokeKey(x, k, e.Account, id)
	away := errors.Is(err, datastore.ErrUnreachable)
	if away {
		if known, ok := a.invocations.remembered(id); ok && known.account == e.Account && known.kind == k.name {
			key, err = known, nil
		}
	}
	if errors.Is(err, datastore.ErrNotFound) {
		a.invocations.forget(e.Account, id)
		return invokeKey{}, a.notAdmitted(x)
	}
	if err != nil {
		return invokeKey{}, err
	}
	opens := key.endpoint == e && a.cfg.Auth.InvokeKeyCounts(e, presented, key.hash) ||
		a.cfg.Auth.InvokeTicketCounts(e, presented, key.hash)
	if !opens || !key.expires.IsZero() && !a.cfg.Now().Before(key.expires) {
		return invokeKey{}, a.notAdmitted(x)
	}
	if !away {
		a.invocations.remember(key)
	}
	if !a.invocations.charge(id) {
		return invokeKey{}, tooManyRequests(a.invocations.wait)
	}
	return key, nil
}

// readInvokeKey reads a key and its account. It returns datastore.ErrNotFound for an unknown key, and for a deleted or
// disabled account.
func (a *API) readInvokeKey(x *exchange, k *documentKind, of account.ID, id string) (invokeKey, error) {
	doc, err := k.collection.Get(x.ctx, string(of), id)
	if err != nil {
		return invokeKey{}, err
	}
	acct, err := a.cfg.Accounts.Get(x.ctx, of)
	if err != nil {
		return invokeKey{}, err
	}
	if !acct.Enabled() {
		return invokeKey{}, &datastore.Error{Op: "get", Subject: "account " + string(of), Kind: datastore.ErrNotFound}
	}
	key := invokeKey{id: id, hash: doc.Text(keyHashField), kind: k.name, endpoint: endpointOf(doc), account: of}
	if text := doc.Text("expires"); text != "" {
		if key.expires, err = time.Parse(time.RFC3339, text); err != nil {
			return invokeKey{}, &datastore.Error{Op: "get", Subject: "key " + id, Kind: datastore.ErrNotFound}
		}
	}
	if known, ok := a.invocations.remembered(id); ok && known.account == of && a.cfg.Now().Sub(known.zoneRead) < zoneKept {
		key.zone, key.zoneRead = known.zone, known.zoneRead
		return key, nil
	}
	key.zone, err = a.cfg.Accounts.TimeZone(x.ctx, acct)
	key.zoneRead = a.cfg.Now()
	return key, err
}

// notAdmitted counts a failure against the address and answers it.
func (a *API) notAdmitted(x *exchange) error {
	if !a.invocations.failed(x.address()) {
		return tooManyRequests(failureReturns)
	}
	return fail(http.StatusUnauthorized, "invalid_credentials",
		says("this is not the key of this endpoint, or it was revoked"))
}
