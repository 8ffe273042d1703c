package datastore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// errNoRoom is the failure of a server whose disk is full.
var errNoRoom = errors.New("its disk is full")

// writes is a transport that reports the outcome of each write of documents: nil, or why the server failed to make it.
// A refusal (a conflict, a fence, wrong credentials) is not a failure. A request for a view counts as a write that
// failed if its index could not be updated for lack of room.
type writes struct {
	inner  http.RoundTripper
	report func(failed error)
}

// RoundTrip implements http.RoundTripper.
func (w writes) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.inner.RoundTrip(req)
	if !writesDocuments(req) || readsByPost(req) {
		if err == nil && resp.StatusCode >= 500 && asksView(req) {
			if failed := failedWrite(resp); NoRoom(failed) {
				w.report(failed)
			}
		}
		return resp, err
	}
	switch {
	case err != nil && req.Context().Err() != nil: // cancelled by the caller
	case err != nil:
		w.report(withoutURL(err))
	case resp.StatusCode >= 500:
		w.report(failedWrite(resp))
	case resp.StatusCode < 300:
		w.report(nil)
	}
	return resp, err
}

// readsByPost reports whether a POST only reads: a view with keys, missing revisions, and so on.
func readsByPost(req *http.Request) bool {
	_, last, _ := strings.Cut(req.URL.Path, "/_")
	return req.Method == http.MethodPost && last != "" && !strings.HasSuffix(req.URL.Path, "/_bulk_docs")
}

// asksView reports whether a request is for a view. A show's answer is no evidence of a full disk, because its function
// decides what it says.
func asksView(req *http.Request) bool {
	_, rest, ok := strings.Cut(req.URL.Path, "/_design/")
	_, what, _ := strings.Cut(rest, "/")
	return ok && strings.HasPrefix(what, "_view/")
}

// failedWrite returns why a write failed and leaves the body readable. It turns any sign of a full disk into a 507.
func failedWrite(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, 16<<10))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failingReader{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), rest), resp.Body}
	if resp.StatusCode == http.StatusInsufficientStorage || noRoom(string(text)) {
		// The driver keeps only a part of the body, which may lack CouchDB's message.
		resp.StatusCode, resp.Status = http.StatusInsufficientStorage, "507 Insufficient Storage"
		return errNoRoom
	}
	return fmt.Errorf("it answers status %d", resp.StatusCode)
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// noRoom reports whether an error text of CouchDB's means a full disk: it contains Erlang's name of the error.
func noRoom(text string) bool {
	return strings.Contains(text, "enospc") || strings.Contains(text, "no space left")
}

// NoRoom reports whether a failed write, as passed to Config.OnWrite, failed because the server's disk is full.
func NoRoom(err error) bool { return errors.Is(err, errNoRoom) || errors.Is(err, ErrFull) }
