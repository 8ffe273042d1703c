package datastore

import (
	"net/http"
	"strings"
)

// uncompressedFeeds is a transport that requests change feeds without compression. A server or proxy that compresses
// holds changes back until it has a whole block.
type uncompressedFeeds struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (u uncompressedFeeds) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/_changes") {
		req = req.Clone(req.Context())
		req.Header.Set("Accept-Encoding", "identity")
	}
	return u.inner.RoundTrip(req)
}
