package crossbar

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"callfn/internal/datastore"
)

// serve is the road of every request to a path.
func (a *API) serve(set *pathRoutes) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := a.newExchange(c)
		x.allowed = set.methods
		if set.invoked() {
			// KAZOO's HTTP client queues requests behind the one that runs on a connection that is kept (httpc): a slow function
			// would make other calls wait.
			c.Response().Header().Set("Connection", "close")
		}
		out, err := a.travel(x, set, c)
		if err != nil {
			a.writeFailure(c, x, x.failureOf(err))
			return nil
		}
		a.writeAnswer(c, x, out)
		return nil
	}
}

// travel goes the road: verb, authentication, authorisation, negotiation, body, handler. A body that cannot be read
// is only complained about once it is known that the client may be here at all.
func (a *API) travel(x *exchange, set *pathRoutes, c echo.Context) (*answer, error) {
	if running, err := a.modules.running(x.ctx, moduleOf(set.resource), set.invoked()); err != nil {
		return nil, err
	} else if !running {
		return nil, notFound() // as if nobody had ever built it
	}
	if x.method == http.MethodOptions {
		return &answer{status: http.StatusOK, header: http.Header{"Allow": {strings.Join(withOptions(set.methods), ", ")}}}, nil
	}
	if route, ok := set.routes[x.method]; ok && route.Access == InvokeKey {
		x.enter(route, c) // bodies and queries of calls are not the API's
		return route.handle(x)
	}
	x.ctx, x.stored = datastore.ForRequest(x.ctx)
	var bodyErr error
	x.body, bodyErr = readBody(c.Request(), a.cfg.BodyLimit)
	if verb := x.tunnelled(); verb != "" {
		x.method = verb
	}
	route, ok := set.routes[x.method]
	if !ok {
		return nil, invalidMethod(withOptions(set.methods))
	}
	x.enter(route, c)
	refused := a.authenticate(x)
	if err := a.charge(x); err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, refused
	}
	if err := a.authorise(x); err != nil {
		return nil, err
	}
	if !x.acceptsJSON() && !x.wantsPage() {
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
	return route.handle(x)
}

// enter notes which route the request is for, and what its path says: each token decoded by itself, as KAZOO has it
// (kazoo-facts §1.1). The router decodes them only where the path need not be kept as it was sent.
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

// guard is the outermost layer: it catches what nobody should have let happen, logs it, and tells the client nothing
// but that it happened.
func (a *API) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		defer a.logRequest(c, time.Now())
		defer func() {
			if r := recover(); r != nil {
				if r == http.ErrAbortHandler {
					panic(r)
				}
				a.cfg.Log.Error("request handler panicked", "method", c.Request().Method, "route", c.Path(),
					"panic", fmt.Sprint(r), "stack", string(debug.Stack()))
				a.writeFailure(c, a.newExchange(c), internalError(nil))
			}
		}()
		if !knownVerb(c.Request().Method) {
			a.writeFailure(c, a.newExchange(c), notImplemented())
			return nil
		}
		if err := next(c); err != nil {
			a.frameworkError(c, err) // here, so that it is logged as it is answered
		}
		return nil
	}
}

func knownVerb(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return true
	}
	return false
}

// frameworkError answers what never reached a route.
func (a *API) frameworkError(c echo.Context, err error) {
	x := a.newExchange(c)
	var web *echo.HTTPError
	switch {
	case errors.As(err, &web) && (web.Code == http.StatusNotFound || web.Code == http.StatusMethodNotAllowed):
		a.writeFailure(c, x, lost(c.Request().URL.Path))
	case errors.As(err, &web) && web.Code < 500:
		a.writeFailure(c, x, fail(400, "parse_error", says("failed to parse request")))
	default:
		a.writeFailure(c, x, internalError(err))
	}
}

// lost is the answer for a path that is no route's.
func lost(path string) *failure {
	if path == "/v1" || strings.HasPrefix(path, "/v1/") {
		return fail(410, "gone", says("API version 1 is not supported. Please use version 2."))
	}
	return notFound()
}
