package crossbar

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// API is the HTTP API: an http.Handler that is safe for concurrent use.
type API struct {
	cfg    Config
	routes []Route
	echo   *echo.Echo
	node   string
}

// New builds the API from its table of routes.
func New(cfg Config) *API {
	a := &API{cfg: cfg.withDefaults()}
	a.node = nodeDigest(a.cfg.Node)
	a.routes = a.table()
	a.echo = echo.New()
	a.echo.HideBanner, a.echo.HidePort = true, true
	a.echo.IPExtractor = echo.ExtractIPDirect() // forwarded-for headers are anybody's to write
	a.echo.HTTPErrorHandler = a.frameworkError
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
		r = r.Clone(ctx) // KAZOO splits paths into tokens and does not mind a slash at the end
		r.URL.Path, r.URL.RawPath = strings.TrimRight(r.URL.Path, "/"), trimmed
	}
	a.echo.ServeHTTP(w, r.WithContext(ctx))
}

// pathRoutes is the routes that share a path.
type pathRoutes struct {
	path    string
	methods []string // in the order of the table
	routes  map[string]Route
}

func pathsOf(routes []Route) []*pathRoutes {
	var sets []*pathRoutes
	for _, route := range routes {
		i := slices.IndexFunc(sets, func(s *pathRoutes) bool { return s.path == route.Path })
		if i < 0 {
			i = len(sets)
			sets = append(sets, &pathRoutes{path: route.Path, routes: map[string]Route{}})
		}
		if _, twice := sets[i].routes[route.Method]; twice {
			panic("crossbar: two routes for " + route.Method + " " + route.Path)
		}
		sets[i].methods = append(sets[i].methods, route.Method)
		sets[i].routes[route.Method] = route
	}
	return sets
}
