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

// CouchDB's reasons for wrong credentials and for a locked-out user (couch_httpd_auth).
const (
	wrongPassword = "Name or password is incorrect"
	lockedOut     = "temporarily locked"
)

// retries holds the pauses between attempts with refused credentials. CouchDB locks a user out of an address for five
// minutes after five failures within five minutes, even if the password is right by then. Several connections and
// processes together must stay below that.
type retries struct {
	first, next time.Duration // after the first refusal, and after each further one
	locked      time.Duration // while locked out, when a failure does not count
}

func defaultRetries() retries {
	return retries{first: time.Minute, next: 5 * time.Minute, locked: 5 * time.Second}
}

// logins is a transport that does not keep sending refused credentials. It repeats the server's refusal itself until it
// is time to try again. Then one request goes through and decides.
type logins struct {
	inner   http.RoundTripper
	retries retries
	report  func(refused bool, cause error)

	mu      sync.Mutex
	refusal *refusedLogin // nil while the credentials are good
}

// refusedLogin is the server's refusal.
type refusedLogin struct {
	status        int
	word, reason  string
	next          time.Time // when the credentials are tried again
	further       bool      // it is not the first in a row
	lockedByCouch bool
}

// RoundTrip implements http.RoundTripper.
func (l *logins) RoundTrip(req *http.Request) (*http.Response, error) {
	if resp := l.answer(req); resp != nil {
		closeBody(req)
		return resp, nil
	}
	resp, err := l.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden {
		l.accepted()
		return resp, nil
	}
	if req.Method == http.MethodHead { // its answer gives no reason
		return resp, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var couch struct{ Error, Reason string }
	_ = json.Unmarshal(body, &couch) // a gateway's page has no reason
	switch locked := strings.Contains(couch.Reason, lockedOut); {
	case locked, strings.Contains(couch.Reason, wrongPassword):
		l.refused(refusedLogin{status: resp.StatusCode, word: couch.Error, reason: couch.Reason, lockedByCouch: locked})
	default: // the login was right; the user has no right to this
		l.accepted()
	}
	return resp, nil
}

// answer returns the refusal for a request that must not be sent now, or nil.
func (l *logins) answer(req *http.Request) *http.Response {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.refusal
	if r == nil {
		return nil
	}
	if now := time.Now(); !now.Before(r.next) {
		r.next = now.Add(l.wait(*r)) // other requests wait while this one is under way
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

func (l *logins) wait(r refusedLogin) time.Duration {
	switch {
	case r.lockedByCouch:
		return l.retries.locked
	case r.further:
		return l.retries.next
	}
	return l.retries.first
}

func (l *logins) refused(r refusedLogin) {
	l.mu.Lock()
	before := l.refusal
	r.further = before != nil && !before.lockedByCouch
	r.next = time.Now().Add(l.wait(r))
	l.refusal = &r
	l.mu.Unlock()
	if before == nil || before.lockedByCouch != r.lockedByCouch {
		l.report(true, &Error{Op: "log in", Subject: "the datastore", Kind: ErrUnauthorized, Cause: errors.New(r.reason)})
	}
}

func (l *logins) accepted() {
	l.mu.Lock()
	was := l.refusal
	l.refusal = nil
	l.mu.Unlock()
	if was != nil {
		l.report(false, nil)
	}
}

// LockedOut reports whether CouchDB has locked the user out after failed logins. The password may be right.
func LockedOut(err error) bool { return err != nil && strings.Contains(err.Error(), lockedOut) }
