package datastore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// What CouchDB says of credentials that are wrong, and of a user that it has locked out (couch_httpd_auth).
const (
	wrongPassword = "Name or password is incorrect"
	lockedOut     = "temporarily locked"
)

// retries says when refused credentials are tried again. CouchDB locks a user out of an address for five minutes after
// five failures within five minutes, whatever password comes then, so several connections and processes must stay below
// that together.
type retries struct {
	first, then time.Duration // after the first refusal, and after each further one
	locked      time.Duration // while locked out, when trying counts for nothing
}

func defaultRetries() retries {
	return retries{first: time.Minute, then: 5 * time.Minute, locked: 5 * time.Second}
}

// gate is a transport that does not try credentials again and again that the server has refused. Requests are answered
// here, as the server answered the first, until it is time to try again: then the next request goes through and
// decides.
type gate struct {
	inner   http.RoundTripper
	retries retries
	report  func(refused bool, cause error)

	mu      sync.Mutex
	refusal *refusedLogin // nil while the credentials are good
}

// refusedLogin is what the server said.
type refusedLogin struct {
	status        int
	word, reason  string
	next          time.Time // when the credentials are tried again
	further       bool      // it is not the first in a row
	lockedByCouch bool
}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(req *http.Request) (*http.Response, error) {
	if resp := g.shut(req); resp != nil {
		closeBody(req)
		return resp, nil
	}
	resp, err := g.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden {
		g.accepted()
		return resp, nil
	}
	if req.Method == http.MethodHead { // it gives no reason
		return resp, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var said struct{ Error, Reason string }
	_ = json.Unmarshal(body, &said) // a gateway's page names no reason
	switch locked := strings.Contains(said.Reason, lockedOut); {
	case locked, strings.Contains(said.Reason, wrongPassword):
		g.refused(refusedLogin{status: resp.StatusCode, word: said.Error, reason: said.Reason, lockedByCouch: locked})
	default: // the user is who it says, and may not do this
		g.accepted()
	}
	return resp, nil
}

// shut answers a request that is not to be sent; nil when it is.
func (g *gate) shut(req *http.Request) *http.Response {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.refusal
	if r == nil {
		return nil
	}
	if now := time.Now(); !now.Before(r.next) {
		r.next = now.Add(g.wait(*r)) // for the others, while this one is on its way
		return nil
	}
	if req.Body != nil {
		_ = req.Body.Close()
	}
	body, _ := json.Marshal(map[string]string{"error": r.word, "reason": fmt.Sprintf("%s; not tried again before %s",
		strings.TrimSuffix(r.reason, "."), r.next.Format(time.TimeOnly))})
	return &http.Response{
		Status: http.StatusText(r.status), StatusCode: r.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Request: req,
		Header:  http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
	}
}

func (g *gate) wait(r refusedLogin) time.Duration {
	switch {
	case r.lockedByCouch:
		return g.retries.locked
	case r.further:
		return g.retries.then
	}
	return g.retries.first
}

func (g *gate) refused(r refusedLogin) {
	g.mu.Lock()
	before := g.refusal
	r.further = before != nil && !before.lockedByCouch
	r.next = time.Now().Add(g.wait(r))
	g.refusal = &r
	g.mu.Unlock()
	if before == nil || before.lockedByCouch != r.lockedByCouch {
		g.report(true, &Error{Op: "log in", Subject: "the datastore", Kind: ErrUnauthorized, Cause: errors.New(r.reason)})
	}
}

func (g *gate) accepted() {
	g.mu.Lock()
	was := g.refusal
	g.refusal = nil
	g.mu.Unlock()
	if was != nil {
		g.report(false, nil)
	}
}

// LockedOut reports whether err says that CouchDB has locked the user out for a while, after failed logins. The
// password may be right.
func LockedOut(err error) bool { return err != nil && strings.Contains(err.Error(), lockedOut) }
