package datastore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// partialWord begins the reason of a write that too few copies took.
const partialWord = "fewer of the cluster's nodes than a majority took this write"

// quorum is a transport that makes an error of a write that fewer copies of the database took than a majority. CouchDB
// answers 202 then: such a write is lost when the nodes that have it go before the others have heard of it.
type quorum struct {
	inner   http.RoundTripper
	partial func()
}

// RoundTrip implements http.RoundTripper.
func (q quorum) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := q.inner.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusAccepted || !writesDocuments(req) {
		return resp, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the socket can be used again
	_ = resp.Body.Close()
	q.partial()
	body := fmt.Appendf(nil, `{"error":"quorum_not_met","reason":"%s"}`, partialWord)
	resp.StatusCode, resp.Status = http.StatusServiceUnavailable, "503 Service Unavailable"
	resp.Header.Set("Content-Type", "application/json")
	resp.Header.Del("Content-Encoding")
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// writesDocuments reports whether a request writes documents: what is below a database, shows excepted, which are code.
func writesDocuments(req *http.Request) bool {
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return false
	}
	_, below, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	return below != "" && !strings.Contains(below, "/_show/")
}

// Partial reports whether a write failed because fewer copies took it than a majority. It was made there.
func Partial(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Cause != nil && strings.Contains(e.Cause.Error(), partialWord)
}
