package crossbar

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
)

// exchange is one request with what the stages before its handler found out: caller, account, route and data.
type exchange struct {
	ctx       context.Context
	stored    *datastore.Request // the outcome of its writes; nil before its stages begin, and for calls
	request   *http.Request
	requestID string
	method    string // after tunnelling
	route     Route
	allowed   []string          // verbs of the path
	path      map[string]string // path parameters, unescaped
	query     url.Values
	body      body
	about     string // the identifier that a 404 names
	proxies   []netip.Prefix

	caller  *caller         // nil for an anonymous request
	refused error           // why the token is refused
	account account.Account // the account of the path, once authorised
	tokens  map[string]any  // of the rate limit, for the envelope
	granted auth.Claims     // claims of the token that a login issued
	failed  *failure        // the failure that was answered
}

// caller is the authenticated client.
type caller struct {
	account account.Account
	user    account.User // of that account; the zero value for the account's own key
	claims  auth.Claims
	token   string
}

var requestIDShape = regexp.MustCompile(`^[A-Za-z0-9._:@/+=-]{1,128}$`)

func (a *API) newExchange(c echo.Context) *exchange {
	r := c.Request()
	x := &exchange{
		ctx: r.Context(), request: r, method: r.Method, path: map[string]string{},
		proxies: a.cfg.TrustedProxies,
	}
	x.query, _ = url.ParseQuery(r.URL.RawQuery) // pairs that cannot be parsed are left out
	x.requestID = r.Header.Get("X-Request-ID")
	if !requestIDShape.MatchString(x.requestID) {
		x.requestID, _ = datastore.NewID(a.cfg.Random) // without randomness every later step fails, too
	}
	c.Set(exchangeKey, x)
	return x
}

// id returns the id of the document that the path names.
func (x *exchange) id() string { return x.path["id"] }

// param looks for a request parameter where KAZOO does: in data, query string and envelope
// (docs/reference/kazoo.md#request-envelope).
func (x *exchange) param(name string) (string, bool) {
	if data, ok := x.body.data.(map[string]any); ok {
		if text, ok := scalar(data[name]); ok {
			return text, true
		}
	}
	return x.option(name)
}

// option is param without data, for names that a document in data may have as a member.
func (x *exchange) option(name string) (string, bool) {
	if values, ok := x.query[name]; ok && len(values) > 0 {
		return values[len(values)-1], true
	}
	return scalar(x.body.envelope[name])
}

// flag reads a boolean option. It returns fallback if the option is absent or not a boolean.
func (x *exchange) flag(name string, fallback bool) bool {
	text, _ := x.option(name)
	if value, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
		return value
	}
	return fallback
}

func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// tunnelled returns the verb that a POST carries in place of its own (docs/reference/kazoo.md#request-envelope), or "".
func (x *exchange) tunnelled() string {
	if x.method != http.MethodPost {
		return ""
	}
	verb, _ := x.option("verb")
	if data, ok := x.body.data.(map[string]any); ok && verb == "" && len(data) == 1 {
		verb, _ = scalar(data["verb"]) // data with only this member is no document
	}
	switch verb = strings.ToUpper(verb); verb {
	case http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete:
		for _, allowed := range x.allowed {
			if verb == allowed {
				return verb
			}
		}
	}
	return ""
}

// accepts reports whether the client accepts the route's content type, JSON or plain text.
func (x *exchange) accepts(route Route) bool {
	accept := strings.Join(x.request.Header.Values("Accept"), ",")
	if override := x.query.Get("accept"); override != "" {
		accept = override
	}
	if strings.TrimSpace(accept) == "" {
		return true
	}
	if route.Audio() {
		return true // errors are JSON, and a client that asks for a recording knows what it is
	}
	for _, part := range strings.Split(accept, ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil && q == 0 {
			continue
		}
		switch kind {
		case "*/*", "application/*", "application/json", "application/x-json":
			return true
		case "text/*", "text/plain":
			if route.PlainText() {
				return true
			}
		}
	}
	return false
}

// object returns the request's data, which must be an object.
func (x *exchange) object() (map[string]any, error) {
	if data, ok := x.body.data.(map[string]any); ok {
		return data, nil
	}
	return nil, wrongData(x.body.data, "object")
}

// stamp returns the private members that a save by this request sets.
func (x *exchange) stamp() datastore.Stamp {
	s := datastore.Stamp{RequestID: x.requestID, Authenticated: x.caller != nil}
	if x.caller != nil {
		s.AuthAccountID, s.AuthUserID = string(x.caller.account.ID()), x.caller.claims.OwnerID
	}
	return s
}
