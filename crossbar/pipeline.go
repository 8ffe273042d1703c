package crossbar

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// serve handles every request to a path.
func (a *API) serve(set *pathRoutes) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := a.newExchange(c)
		x.allowed = set.methods
		if set.invoked() {
			// KAZOO's HTTP client (httpc) queues requests behind the running one on a kept connection: a slow function
			// would make other calls wait.
			c.Response().Header().Set("Connection", "close")
		}
		out, err := a.process(x, set, c)
		if err != nil {
			a.writeFailure(c, x, x.failureOf(err))
			return nil
		}
		a.writeAnswer(c, x, out)
		return nil
	}
}

// process takes a request through its stages: verb, authentication, rate limit, body, authorisation, negotiation,
// handler. It identifies and charges the caller before it parses the body, unless the token is in the body. It reports
// an unreadable body only to callers who may use the route.
func (a *API) process(x *exchange, set *pathRoutes, c echo.Context) (*answer, error) {
	if running, err := a.modules.running(x.ctx, moduleOf(set.resource), set.invoked()); err != nil {
		return nil, err
	} else if !running || deeper(c) {
		return nil, notFound() // as if the route did not exist
	}
	if x.method == http.MethodOptions {
		return &answer{
			status: http.StatusOK,
			header: http.Header{"Allow": {strings.Join(withOptions(set.methods), ", ")}},
		}, nil
	}
	if route, ok := set.routes[x.method]; ok && route.Access == InvokeKey {
		x.enter(route, c) // the body and the query are the call's parameters
		return route.handle(x)
	}
	if route, ok := set.routes[x.method]; ok && route.Access == SubtreeOrRunKey && x.presentsRunKey() {
		x.enter(route, c)
		return a.runByKey(x)
	}
	x.ctx, x.stored = datastore.ForRequest(x.ctx)
	bodyErr, err := a.receive(x, set)
	if err != nil {
		drain(c.Request().Body)
		return nil, err
	}
	if verb := x.tunnelled(); verb != "" {
		x.method = verb
	}
	route, ok := set.routes[x.method]
	if !ok {
		return nil, invalidMethod(withOptions(set.methods))
	}
	x.enter(route, c)
	if err := a.authenticate(x); err != nil {
		return nil, err
	}
	if err := a.authorise(x); err != nil {
		return nil, err
	}
	if !x.accepts(route) && !x.wantsPage() {
		return nil, notAcceptable()
	}
	if route.Bare() && x.body.unwrapped(storagePlanKeys) {
		bodyErr = nil
	}
	if bodyErr != nil {
		return nil, bodyErr
	}
	if route.NeedsBody && x.body.empty {
		return nil, dataRequired()
	}
	out, err := route.handle(x)
	if err != nil {
		return nil, a.withHints(x, err)
	}
	out.warnings = withWarnings(out.warnings, a.unreadMembers(x, out.data))
	return out, nil
}

// Limits of bodies from clients without a token in header or query: a login, or a document with the token in it.
const (
	loginBody     = 64 << 10
	anonymousBody = 1 << 20
)

// bodyValues bounds the values in a body: a flow of a thousand nodes has some 6,000. A limit on bytes alone does not
// bound the work of schemas, warnings and views.
const bodyValues = 50_000

// receive identifies the caller, charges the rate limit, and then reads the body. bodyErr is the error in the body; it
// is reported only to callers who may use the route.
func (a *API) receive(x *exchange, set *pathRoutes) (bodyErr, err error) {
	x.body = body{empty: true, data: map[string]any{}}
	methods, public := set.reachable(x.method)
	if len(methods) == 0 {
		return nil, invalidMethod(withOptions(set.methods))
	}
	token := x.token()
	if token != "" {
		x.caller, x.refused = a.identify(x, token)
	}
	if err := a.charge(x, set.resource); err != nil {
		return nil, err
	}
	limit := a.cfg.BodyLimit
	switch {
	case x.caller != nil:
	case public:
		limit = min(limit, loginBody)
	case token != "":
		return nil, set.refusal(x, x.refused)
	default:
		limit = min(limit, anonymousBody)
	}
	raw, failed := readAtMost(x.request, limit)
	if failed != nil {
		return failed, nil
	}
	// A body without this word has neither auth_token nor authorization.
	if x.caller == nil && !public && !bytes.Contains(bytes.ToLower(raw), []byte("auth")) {
		return nil, set.refusal(x, invalidCredentials())
	}
	limits := jsonvalue.Limits{Bytes: int(limit), Values: bodyValues}
	if set.resource == "databases" { // many documents at once, for an admin of the master account
		limits.Values = jsonvalue.DefaultValues
	}
	x.body, bodyErr = readBody(x.request.Header, raw, limits)
	return bodyErr, nil
}

// refusal returns the answer to a caller who may not use the path: the reason, or 405 if the path lacks the verb.
func (s *pathRoutes) refusal(x *exchange, why error) error {
	if _, ok := s.routes[cmp.Or(x.tunnelled(), x.method)]; !ok {
		return invalidMethod(withOptions(s.methods))
	}
	return why
}

// deeper reports whether the path has more segments than its route. The router counts the rest as part of the last
// parameter.
func deeper(c echo.Context) bool {
	return slices.ContainsFunc(c.ParamValues(), func(token string) bool { return strings.Contains(token, "/") })
}

// enter sets the request's route and path parameters. Each segment is decoded by itself, as in KAZOO
// (docs/reference/kazoo.md#server-settings-and-paths). The router decodes them only if the path has no encoded form of
// its own.
func (x *exchange) enter(route Route, c echo.Context) {
	x.route = route
	for i, name := range c.ParamNames() {
		x.path[name] = c.ParamValues()[i]
		if c.Request().URL.RawPath == "" {
			continue
		}
		if token, err := url.PathUnescape(x.path[name]); err == nil {
			x.path[name] = token
		}
	}
	x.about = x.path["id"]
}

func withOptions(methods []string) []string { return append([]string{http.MethodOptions}, methods...) }

// guard is the outermost handler: it logs each request, recovers from panics, and answers them with a bare 500.
func (a *API) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		defer a.logRequest(c, time.Now())
		defer func() {
			if r := recover(); r != nil {
				if r == http.ErrAbortHandler {
					panic(r)
				}
				a.cfg.Log.Error("recovered from panic in request handler", "method", c.Request().Method, "route", c.Path(),
					"panic", fmt.Sprint(r), "stack", string(debug.Stack()))
				a.writeFailure(c, a.newExchange(c), internalError(nil))
			}
		}()
		if !knownVerb(c.Request().Method) {
			a.writeFailure(c, a.newExchange(c), notImplemented())
			return nil
		}
		if err := next(c); err != nil {
			a.unrouted(c, err) // called here, so that the log has the real status
		}
		return nil
	}
}

func knownVerb(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return true
	}
	return false
}

// unrouted answers requests that reached no route.
func (a *API) unrouted(c echo.Context, err error) {
	x := a.newExchange(c)
	var web *echo.HTTPError
	switch {
	case errors.As(err, &web) && (web.Code == http.StatusNotFound || web.Code == http.StatusMethodNotAllowed):
		a.writeFailure(c, x, unknownPath(c.Request().URL.Path))
	case errors.As(err, &web) && web.Code < 500:
		a.writeFailure(c, x, fail(400, "parse_error", says("failed to parse request")))
	default:
		a.writeFailure(c, x, internalError(err))
	}
}

// unknownPath returns the answer for a path without a route.
func unknownPath(path string) *failure {
	if path == "/v1" || strings.HasPrefix(path, "/v1/") {
		return fail(410, "gone", says("API version 1 is not supported. Please use version 2."))
	}
	return notFound()
}
