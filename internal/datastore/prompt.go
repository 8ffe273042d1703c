package datastore

import (
	"net/http"
	"strings"
)

// prompt asks for feeds as they are: a server or proxy that compresses holds changes back until a block of them is
// full.
type prompt struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p prompt) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/_changes") {
		req = req.Clone(req.Context())
		req.Header.Set("Accept-Encoding", "identity")
	}
	return p.inner.RoundTrip(req)
}
