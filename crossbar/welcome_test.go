package crossbar_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWelcomePage checks that browsers get a page and others the lines of text, and that nothing of the request gets
// into the page unescaped.
func TestWelcomePage(t *testing.T) {
	s := newStack(t)
	get := func(path, accept, host string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept", accept)
		if host != "" {
			r.Host = host
		}
		w := httptest.NewRecorder()
		s.api.ServeHTTP(w, r)
		return w
	}
	browser := "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, accept := range []string{browser, "text/html"} {
		w := get("/", accept, "fn.example:8000")
		body := w.Body.String()
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") ||
			!strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("Accept %s: got %d %v, want a page that may load nothing", accept, w.Code, w.Header())
		}
		for _, want := range []string{
			"callfn 1.2.3", `href="/v2/openapi.json"`, `href="/v2/functions/samples`,
			"callfn login --server http://fn.example:8000", "</html>",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("Accept %s: the page lacks %q: %s", accept, want, body)
			}
		}
	}
	if body := get("/", browser, `"><script>alert(1)</script>`).Body.String(); strings.Contains(body, "<script") {
		t.Errorf("the page: got %s, want the host kept out of it", body)
	}
	for _, accept := range []string{"", "*/*", "application/json"} {
		if w := get("/", accept, ""); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("Accept %q: got %d %v, want the few lines", accept, w.Code, w.Header())
		}
	}
	// Both kinds of answers are in the OpenAPI document, against which s.must checks every exchange.
	for path, accepts := range map[string][]string{
		"/": {"text/html", "text/plain", "text/*"}, "/v2": {"text/html", "text/plain"},
		"/v2/functions/callfn.d.ts": {"text/plain"},
	} {
		for _, accept := range accepts {
			want := accept
			if accept == "text/*" {
				want = "text/plain"
			}
			r := s.must(t, 200, "GET", path, "", "", "Accept: "+accept)
			if got := r.header.Get("Content-Type"); !strings.HasPrefix(got, want) {
				t.Errorf("GET %s with Accept %s: got %s, want %s", path, accept, got, want)
			}
		}
	}
	if w := get("/v2/functions", "text/plain", ""); w.Code != http.StatusNotAcceptable {
		t.Errorf("the API for Accept text/plain: got %d, want 406", w.Code)
	}
	if w := get("/v2/functions", "text/html", ""); w.Code != http.StatusNotAcceptable {
		t.Errorf("the API for Accept text/html: got %d, want 406", w.Code)
	}
}
