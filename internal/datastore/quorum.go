package datastore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// partialReason begins the reason of a write that less than a majority of copies took.
const partialReason = "fewer of the cluster's nodes than a majority took this write"

// quorum is a transport that fails a write that less than a majority of the database's copies took. CouchDB answers
// such a write with 202. It is lost if the nodes that have it go down before the others get it.
type quorum struct {
	inner     http.RoundTripper
	onPartial func()
}

// RoundTrip implements http.RoundTripper.
func (q quorum) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := q.inner.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusAccepted || !writesDocuments(req) {
		return resp, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // lets the socket be reused
	_ = resp.Body.Close()
	q.onPartial()
	body := fmt.Appendf(nil, `{"error":"quorum_not_met","reason":"%s"}`, partialReason)
	resp.StatusCode, resp.Status = http.StatusServiceUnavailable, "503 Service Unavailable"
	resp.Header.Set("Content-Type", "application/json")
	resp.Header.Del("Content-Encoding")
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// writesDocuments reports whether a request writes documents of a database. Shows write nothing, whatever their method.
func writesDocuments(req *http.Request) bool {
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return false
	}
	_, below, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	return below != "" && !strings.Contains(below, "/_show/")
}

// Partial reports whether a write failed because less than a majority of copies took it. Those copies have it.
func Partial(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Cause != nil && strings.Contains(e.Cause.Error(), partialReason)
}
