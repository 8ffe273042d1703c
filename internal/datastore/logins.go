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

// CouchDB's reasons for wrong credentials, and for a user that it has locked out (couch_httpd_auth).
const (
	wrongPassword = "Name or password is incorrect"
	lockedOut     = "temporarily locked"
)

// retries holds the pauses before refused credentials are tried again. CouchDB locks a user out of an address for five
// minutes after five failures within five minutes, whatever the password is then. Several connections and processes
// must stay below that together.
type retries struct {
	first, next time.Duration // after the first refusal, and after each further one
	locked      time.Duration // while locked out, when a failure does not count
}

func defaultRetries() retries {
	return retries{first: time.Minute, next: 5 * time.Minute, locked: 5 * time.Second}
}

// logins is a transport that does not send refused credentials again and again. It answers requests itself, as the
// server answered the first, until it is time to try again. Then one request goes through and decides.
type logins struct {
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
	if req.Method == http.MethodHead { // it gives no reason
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
	default: // the login was right, and the user may not do this
		l.accepted()
	}
	return resp, nil
}

// answer answers a request that must not be sent now; nil when it may.
func (l *logins) answer(req *http.Request) *http.Response {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.refusal
	if r == nil {
		return nil
	}
	if now := time.Now(); !now.Before(r.next) {
		r.next = now.Add(l.wait(*r)) // for the others, while this one is on its way
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

// LockedOut reports whether CouchDB has locked the user out for a while after failed logins. The password may be right.
func LockedOut(err error) bool { return err != nil && strings.Contains(err.Error(), lockedOut) }
