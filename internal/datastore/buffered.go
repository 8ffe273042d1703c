package datastore

import (
	"bytes"
	"io"
	"net/http"
)

// bufferedBodies is a transport that sends each request body in one piece with its length. The driver streams bodies of
// unknown length, in chunks. When CouchDB refuses such a request early, it closes the connection while the client still
// writes, and its answer is lost.
type bufferedBodies struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bufferedBodies) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil || req.Body == http.NoBody || req.ContentLength >= 0 && req.GetBody != nil {
		return b.inner.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	out := req.Clone(req.Context())
	out.ContentLength = int64(len(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.Body, _ = out.GetBody()
	return b.inner.RoundTrip(out)
}
