package datastore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// errNoRoom is why a server whose disk is full did not write.
var errNoRoom = errors.New("its disk is full")

// writes is a transport that tells what became of each write of documents: nil, or why the server did not make it. What
// the server refuses (a conflict, a fence, wrong credentials) is no failure of its own. A view that is asked for is one
// when its index could not be brought up to date for want of room.
type writes struct {
	inner http.RoundTripper
	told  func(failed error)
}

// RoundTrip implements http.RoundTripper.
func (w writes) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.inner.RoundTrip(req)
	if !writesDocuments(req) || readsByPost(req) {
		if err == nil && resp.StatusCode >= 500 && asksView(req) {
			if failed := failedWrite(resp); NoRoom(failed) {
				w.told(failed)
			}
		}
		return resp, err
	}
	switch {
	case err != nil && req.Context().Err() != nil: // given up by whoever asked
	case err != nil:
		w.told(withoutURL(err))
	case resp.StatusCode >= 500:
		w.told(failedWrite(resp))
	case resp.StatusCode < 300:
		w.told(nil)
	}
	return resp, err
}

// readsByPost reports whether a POST only asks: a view with keys, revisions that are missing …
func readsByPost(req *http.Request) bool {
	_, last, _ := strings.Cut(req.URL.Path, "/_")
	return req.Method == http.MethodPost && last != "" && !strings.HasSuffix(req.URL.Path, "/_bulk_docs")
}

// asksView reports whether a request is for a view. What shows answer is no evidence of a full disk: functions have a
// say in it.
func asksView(req *http.Request) bool {
	_, rest, ok := strings.Cut(req.URL.Path, "/_design/")
	_, what, _ := strings.Cut(rest, "/")
	return ok && strings.HasPrefix(what, "_view/")
}

// failedWrite reads why a write failed, and leaves the body to be read again. A full disk becomes a 507 whatever the
// server made of it.
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
		// The driver keeps a part of the body only, and CouchDB may say it in the other.
		resp.StatusCode, resp.Status = http.StatusInsufficientStorage, "507 Insufficient Storage"
		return errNoRoom
	}
	return fmt.Errorf("it answers status %d", resp.StatusCode)
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// noRoom recognises what CouchDB says when it cannot write for want of room: Erlang's name of the error, somewhere.
func noRoom(text string) bool {
	return strings.Contains(text, "enospc") || strings.Contains(text, "no space left")
}

// NoRoom reports whether a failed write, as Config.OnWrite is told of it, failed because the server's disk is full.
func NoRoom(err error) bool { return errors.Is(err, errNoRoom) || errors.Is(err, ErrFull) }
