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

// exchange is one request on its way: who asks, about what, with which data.
type exchange struct {
	ctx       context.Context
	stored    *datastore.Request // what became of its writes; nil before it is let in, and for calls
	request   *http.Request
	requestID string
	method    string // the verb that counts, after tunnelling
	route     Route
	allowed   []string          // verbs of the path
	path      map[string]string // path parameters, unescaped
	query     url.Values
	body      body
	about     string // the identifier in question, for a 404
	proxies   []netip.Prefix

	caller  *caller         // nil for an anonymous request
	refused error           // why the token does not count
	account account.Account // the account of the path, once the caller may be there
	tokens  map[string]any  // what the rate limit has to say
	granted auth.Claims     // of the token that this request, a login, was given
	failed  *failure        // what was answered instead of what was asked for
}

// caller is who proved to be asking.
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
	x.query, _ = url.ParseQuery(r.URL.RawQuery) // what cannot be parsed is not there
	x.requestID = r.Header.Get("X-Request-ID")
	if !requestIDShape.MatchString(x.requestID) {
		x.requestID, _ = datastore.NewID(a.cfg.Random) // without randomness the next step fails for good
	}
	c.Set(exchangeKey, x)
	return x
}

// id is the document the path names.
func (x *exchange) id() string { return x.path["id"] }

// param finds a request parameter where KAZOO looks: data, query string, envelope
// (docs/reference/kazoo.md#request-envelope).
func (x *exchange) param(name string) (string, bool) {
	if data, ok := x.body.data.(map[string]any); ok {
		if text, ok := scalar(data[name]); ok {
			return text, true
		}
	}
	return x.option(name)
}

// option is param for what must not be mistaken for a property of the document that data is: query string, envelope.
func (x *exchange) option(name string) (string, bool) {
	if values, ok := x.query[name]; ok && len(values) > 0 {
		return values[len(values)-1], true
	}
	return scalar(x.body.envelope[name])
}

// flag is a boolean option; fallback when it is absent or no boolean.
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

// tunnelled is the verb that a POST stands for (docs/reference/kazoo.md#request-envelope), "" when it stands for
// itself.
func (x *exchange) tunnelled() string {
	if x.method != http.MethodPost {
		return ""
	}
	verb, _ := x.option("verb")
	if data, ok := x.body.data.(map[string]any); ok && verb == "" && len(data) == 1 {
		verb, _ = scalar(data["verb"]) // the data is nothing but a verb, so it is no document that has such a property
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

// accepts reports whether the client takes what the route answers with: JSON, or a plain text.
func (x *exchange) accepts(route Route) bool {
	accept := strings.Join(x.request.Header.Values("Accept"), ",")
	if override := x.query.Get("accept"); override != "" {
		accept = override
	}
	if strings.TrimSpace(accept) == "" {
		return true
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

// object is the request's data as an object.
func (x *exchange) object() (map[string]any, error) {
	if data, ok := x.body.data.(map[string]any); ok {
		return data, nil
	}
	return nil, wrongData(x.body.data, "object")
}

// stamp is what a save by this request leaves in a document.
func (x *exchange) stamp() datastore.Stamp {
	s := datastore.Stamp{RequestID: x.requestID, Authenticated: x.caller != nil}
	if x.caller != nil {
		s.AuthAccountID, s.AuthUserID = string(x.caller.account.ID()), x.caller.claims.OwnerID
	}
	return s
}
