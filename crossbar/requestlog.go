package crossbar

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// exchangeKey is the key of the exchange in echo's context, for the request log.
const exchangeKey = "exchange"

// logRequest writes one line for each answered request: who asked, from where, for what, and the result. The line never
// has the query string, headers or body, which may contain tokens, keys and callers' numbers.
func (a *API) logRequest(c echo.Context, begun time.Time) {
	request, response := c.Request(), c.Response()
	attrs := []slog.Attr{
		slog.String("request_id", response.Header().Get("X-Request-ID")),
		slog.String("method", request.Method), slog.String("route", c.Path()), slog.Int("status", response.Status),
		slog.Int64("bytes", response.Size), slog.Duration("took", time.Since(begun)),
	}
	level := slog.LevelInfo
	if path := c.Path(); path == "/healthz" || path == "/readyz" {
		level = slog.LevelDebug // requested all the time
	}
	if x, ok := c.Get(exchangeKey).(*exchange); ok {
		attrs = append(attrs, x.logged(c.Path())...)
		if x.failed != nil {
			level = max(level, x.failed.level())
		}
	}
	a.cfg.Log.LogAttrs(request.Context(), level, "request", attrs...)
}

// logged returns what the request log says of an exchange on a route. `account` is the account of the path;
// `auth_account` and `user` are the caller, by the proof that `auth` names.
func (x *exchange) logged(route string) []slog.Attr {
	var attrs []slog.Attr
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	if ip, ok := x.clientIP(); ok {
		text("remote", ip.String())
	}
	text("path", x.loggedPath(route))
	text("account", loggedToken(x.path["account"]))
	claims := x.granted
	if x.caller != nil {
		claims = x.caller.claims
	}
	switch {
	case claims.Method != "":
		text("auth", claims.Method)
		text("auth_account", string(claims.AccountID))
		text("user", claims.OwnerID)
	case x.route.Access == InvokeKey:
		text("auth", "pivot_key")
	case x.route.Access == SubtreeOrRunKey && x.presentsRunKey():
		text("auth", "run_key")
	}
	if x.failed != nil {
		text("message", x.failed.message)
		if x.failed.cause != nil {
			text("error", x.failed.cause.Error())
		}
	}
	return attrs
}

// loggedPath returns the path of the request, made from its route, so that paths without a route are not logged.
func (x *exchange) loggedPath(route string) string {
	parts := strings.Split(route, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = loggedToken(x.path[name])
		}
	}
	return strings.Join(parts, "/")
}

// loggedToken returns a segment of a path if it may be an identifier. A longer one may be a secret in the wrong place.
func loggedToken(token string) string {
	if len(token) > 64 {
		return "…"
	}
	return token
}

// level returns the log level of a failure. Only what an operator must act on is an error. A failing function is its
// author's matter, and is logged with its run.
func (f *failure) level() slog.Level {
	switch {
	case f.status < 500 || f.status == http.StatusNotImplemented || f.passing:
		return slog.LevelInfo
	default:
		return slog.LevelError
	}
}
