package crossbar

import (
	_ "embed"
	"html"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

//go:embed welcome.html
var welcomePage string

// banner describes the service: to browsers with a page, to other clients with a few lines of text.
func (a *API) banner(x *exchange) (*answer, error) {
	if x.wantsPage() {
		page := strings.NewReplacer("{{version}}", html.EscapeString(a.cfg.Version), "{{address}}",
			html.EscapeString(x.baseURL())).Replace(welcomePage)
		return &answer{html: page, header: http.Header{
			"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
				"frame-ancestors 'none'"},
			"X-Content-Type-Options": {"nosniff"}, "Vary": {"Accept"},
		}}, nil
	}
	return &answer{text: "callfn " + a.cfg.Version + "\n\nKAZOO-compatible API: /v2\nWhat it can run: " +
		"/v2/functions\n"}, nil
}

// wantsPage reports whether the request is a browser's for the page at the root.
func (x *exchange) wantsPage() bool {
	if x.route.Resource != "banner" {
		return false
	}
	for part := range strings.SplitSeq(strings.Join(x.request.Header.Values("Accept"), ","), ",") {
		if kind, params, err := mime.ParseMediaType(part); err == nil && kind == "text/html" && params["q"] != "0" {
			return true
		}
	}
	return false
}

// hostForm matches a name or address with a port that may be shown in a page.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]{1,255}$`)

// baseURL returns the address under which the client reached the service, taken from its request.
func (x *exchange) baseURL() string {
	if !hostForm.MatchString(x.request.Host) {
		return "http://127.0.0.1:8000"
	}
	scheme := "http"
	if x.request.TLS != nil || strings.EqualFold(x.request.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + x.request.Host
}
