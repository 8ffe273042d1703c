package crossbar

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"callfn/internal/auth"
	"callfn/internal/callrecord"
	"callfn/internal/numbers"
)

// API is the HTTP API: an http.Handler that is safe for concurrent use.
type API struct {
	cfg    Config
	routes []Route
	kinds  map[string]*documentKind // by the names of their schemas
	echo   *echo.Echo
	node   string

	numbers     *numbers.Table
	callRecords callrecord.Store

	modules *modules
	// These are built at their first use.
	openAPI    func() (json.RawMessage, error)
	bodyShapes func() (map[string]bodyShape, error)
	typeScript func() (string, error)

	requests                         *buckets // nil without a rate limit
	failuresByAddress, failuresByKey *buckets
	invocations                      *invocations
}

// New builds the API from its table of routes.
func New(cfg Config) *API {
	a := &API{cfg: cfg.withDefaults()}
	a.node = nodeDigest(a.cfg.Node)
	if limit := a.cfg.RateLimit; limit.PerSecond > 0 {
		a.requests = newBuckets(rate.Limit(limit.PerSecond), limit.Burst, a.cfg.Now)
	}
	a.failuresByAddress = newBuckets(rate.Every(failureReturns), failuresPerAddress, a.cfg.Now)
	a.failuresByKey = newBuckets(rate.Every(failureReturnsKey), failuresPerKey, a.cfg.Now)
	a.invocations = newInvocations(a.cfg.RateLimit, a.cfg.Now)
	a.numbers = &numbers.Table{Datastores: a.cfg.Datastores, Now: a.cfg.Now}
	a.callRecords = callrecord.Store{Datastores: a.cfg.Datastores, Now: a.cfg.Now, Keep: a.cfg.CallRecordsFor}
	a.routes = a.table()
	a.modules = newModules(a.cfg, a.routes)
	a.typeScript = sync.OnceValues(func() (string, error) { return Declaration(a.cfg.Schemas) })
	a.bodyShapes = sync.OnceValues(func() (map[string]bodyShape, error) { return bodyShapes(a.cfg.Schemas.Names()) })
	a.openAPI = sync.OnceValues(func() (json.RawMessage, error) { return openAPI(a.cfg, a.routes) })
	a.echo = echo.New()
	a.echo.HideBanner, a.echo.HidePort = true, true
	a.echo.IPExtractor = echo.ExtractIPDirect() // any client can write X-Forwarded-For
	for _, set := range pathsOf(a.routes) {
		a.echo.Any(set.path, a.serve(set))
	}
	a.echo.Pre(a.guard)
	return a
}

// ServeHTTP serves one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), a.cfg.RequestTimeout)
	defer cancel()
	if trimmed := strings.TrimRight(r.URL.EscapedPath(), "/"); trimmed != "" && len(trimmed) < len(r.URL.EscapedPath()) {
		r = r.Clone(ctx) // KAZOO ignores a slash at the end
		r.URL.Path, r.URL.RawPath = strings.TrimRight(r.URL.Path, "/"), trimmed
	}
	a.echo.ServeHTTP(w, ownAccount(r.WithContext(ctx)))
}

// ownAccount rewrites KAZOO's /v2/account/… to the account that the request's token names
// (docs/reference/kazoo.md#server-settings-and-paths). The token is verified later, as for every path; without one the
// path names account "-", which does not exist.
func ownAccount(r *http.Request) *http.Request {
	const alias = "/v2/account"
	path := r.URL.EscapedPath()
	if path != alias && !strings.HasPrefix(path, alias+"/") {
		return r
	}
	query, _ := url.ParseQuery(r.URL.RawQuery)
	x := &exchange{request: r, query: query}
	own := "/v2/accounts/" + cmp.Or(string(auth.Names(x.token())), "-")
	r = r.Clone(r.Context())
	r.URL.RawPath = own + strings.TrimPrefix(path, alias)
	r.URL.Path, _ = url.PathUnescape(r.URL.RawPath) // cannot fail: it was a path before
	return r
}

// pathRoutes is the set of routes that share a path.
type pathRoutes struct {
	path     string
	resource string
	methods  []string // in the order of the table
	routes   map[string]Route
}

// invoked reports whether the routes are for calls, with an invoke key.
func (s *pathRoutes) invoked() bool {
	return slices.ContainsFunc(s.methods, func(method string) bool { return s.routes[method].Access == InvokeKey })
}

// reachable returns the methods that a request may be for, its own or one that a POST tunnels, and whether any is
// public.
func (s *pathRoutes) reachable(method string) (methods []string, public bool) {
	for _, m := range s.methods {
		if m == method || method == http.MethodPost {
			methods = append(methods, m)
			public = public || s.routes[m].Access == Public
		}
	}
	return methods, public
}

func pathsOf(routes []Route) []*pathRoutes {
	var sets []*pathRoutes
	for _, route := range routes {
		i := slices.IndexFunc(sets, func(s *pathRoutes) bool { return s.path == route.Path })
		if i < 0 {
			i = len(sets)
			sets = append(sets, &pathRoutes{path: route.Path, resource: route.Resource, routes: map[string]Route{}})
		}
		if _, twice := sets[i].routes[route.Method]; twice {
			panic("crossbar: two routes for " + route.Method + " " + route.Path)
		}
		sets[i].methods = append(sets[i].methods, route.Method)
		sets[i].routes[route.Method] = route
	}
	return sets
}
