package crossbar

import (
	"net/http"
	"time"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

// runKeys serves the keys of programs. Each runs one function of its account for the value that it returns, and opens
// nothing else. They are stored beside users, and shown once, when they are created.
func (a *API) runKeys() *documentKind {
	return a.invokeKeys("keys", "key", "crossbar_keys", a.checkRunKey, runPath)
}

// runPath gives the address that a key opens.
func runPath(e auth.Endpoint) string {
	return "/v2/accounts/" + string(e.Account) + "/functions/" + e.Function + "/run?result=any"
}

// keyRoutes gives the routes of programs' keys.
func (a *API) keyRoutes() []Route {
	keys := a.runKeys()
	return []Route{
		{http.MethodGet, underAccount + "/keys", "keys", Subtree, false, keys.list},
		{http.MethodPut, underAccount + "/keys", "keys", Subtree, true, a.createRunKey},
		{http.MethodGet, underAccount + "/keys/:id", "keys", Subtree, false, keys.show},
		{http.MethodDelete, underAccount + "/keys/:id", "keys", Subtree, false, a.revokeRunKey},
	}
}

// checkRunKey requires that the function is the account's, and an end that is still to come.
func (a *API) checkRunKey(x *exchange, before, doc datastore.Document) (schemas.FieldErrors, any, error) {
	if text := doc.Text("expires"); text != "" {
		end, err := time.Parse(time.RFC3339, text)
		if err != nil || !end.After(a.cfg.Now()) {
			return schemas.FieldErrors{"expires": {"minimum": schemas.Violation{
				"message": "name a moment that is still to come, such as 2030-01-31T00:00:00Z",
			}}}, nil, nil
		}
	}
	return a.checkKey(x, before, doc)
}

// createRunKey creates a key and shows it, which no later answer does.
func (a *API) createRunKey(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	out, _, err := a.createKey(x, a.runKeys(), data)
	return out, err
}

// revokeRunKey deletes a key and forgets what this process remembers of it.
func (a *API) revokeRunKey(x *exchange) (*answer, error) { return a.revokeKey(x, a.runKeys()) }

// presentsRunKey reports whether a header of the request has what may be a run key. Addresses carry none: proxies log
// them.
func (x *exchange) presentsRunKey() bool { return auth.InvokeKeyID(x.keyInHeader()) != "" }

// keyInHeader finds the key of a program: HTTP basic credentials (as password, or as user alone), or a bearer.
func (x *exchange) keyInHeader() string {
	if x.request.Header.Get("Authorization") == "" {
		return ""
	}
	return x.presentedKey()
}

// runByKey runs a function for its value, for the program that presents the function's own key.
func (a *API) runByKey(x *exchange) (*answer, error) {
	e := auth.Endpoint{Account: account.ID(x.path["account"]), Function: x.id()}
	if _, err := a.admit(x, a.runKeys(), e, x.keyInHeader()); err != nil {
		return nil, err
	}
	acct, err := a.cfg.Accounts.Get(x.ctx, e.Account)
	if err != nil {
		return nil, err
	}
	x.account = acct
	limit := min(a.cfg.BodyLimit, anonymousBody)
	raw, failed := readAtMost(x.request, limit)
	if failed != nil {
		return nil, failed
	}
	x.body, err = readBody(x.request.Header, raw, jsonvalue.Limits{Bytes: int(limit), Values: bodyValues})
	if err != nil {
		return nil, err
	}
	if forValue, _, err := x.wantsAnyResult(); err != nil {
		return nil, err
	} else if !forValue {
		return nil, fail(http.StatusForbidden, "forbidden",
			says("this key runs the function for its value and does nothing else: add ?result=any"))
	}
	return a.runFunction(x)
}
