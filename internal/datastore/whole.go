package datastore

import (
	"bytes"
	"io"
	"net/http"
)

// whole sends request bodies as one piece with their length. The driver hands over a stream of unknown length, which
// goes out in chunks; CouchDB that refuses such a request early closes the connection while we still write, and its
// answer is lost.
type whole struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w whole) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil || req.Body == http.NoBody || req.ContentLength >= 0 && req.GetBody != nil {
		return w.inner.RoundTrip(req)
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
	return w.inner.RoundTrip(out)
}
