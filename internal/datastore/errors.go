package datastore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-kivik/kivik/v4"
)

// The kinds of failure. The set is closed: every error that leaves this package matches exactly one of them with
// errors.Is.
var (
	// ErrNotFound: no such document.
	ErrNotFound = errors.New("document not found")
	// ErrConflict: the document was changed (or created) by someone else meanwhile.
	ErrConflict = errors.New("document update conflict")
	// ErrUnreachable: no answer in time, or no connection. Worth retrying.
	ErrUnreachable = errors.New("datastore unreachable")
	// ErrDatabaseMissing: the database does not exist on the connection.
	ErrDatabaseMissing = errors.New("database missing")
	// ErrViewMissing: the design document or the view in it does not exist.
	ErrViewMissing = errors.New("view missing")
	// ErrUnauthorized: the datastore refused the credentials, or refused this to them.
	ErrUnauthorized = errors.New("datastore refused the credentials")
	// ErrInvalid: the datastore called the request malformed (a document id it does not allow, for instance).
	ErrInvalid = errors.New("datastore refused the request")
	// ErrTooLarge: a document, a request or an answer is longer than may be.
	ErrTooLarge = errors.New("too large for the datastore")
	// ErrFull: the datastore's disk has no room. Nothing was stored; reads go on.
	ErrFull = errors.New("the datastore's disk is full")
	// ErrDamaged: the datastore found that what it has on disk is not what was stored there. The cause names the document.
	ErrDamaged = errors.New("stored document damaged")
	// ErrFault: anything else that went wrong in the datastore.
	ErrFault = errors.New("datastore fault")
)

// Error is a failed operation: what was attempted, on what, which kind of failure, and the cause.
type Error struct {
	Op      string // "get", "save", "view" …
	Subject string // "functions/0123…", "accounts/_design/accounts/_view/by_name" …
	Kind    error  // one of the Err… values
	Cause   error  // what the driver said; may be nil
}

// Error tells the story in one line, with the next step for whoever operates the service.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "datastore: %s %s: %v", e.Op, e.Subject, e.Kind)
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	if fenced(e.Cause) {
		b.WriteString(" (nothing was stored; `callfn storage migrations` says how far the move is. Without one this " +
			"database was left behind by a move: start callfn where its documents are now)")
	} else if Partial(e) {
		b.WriteString(" (it was stored there and may be lost: bring the other nodes back, and look before you send it again)")
	} else if LockedOut(e.Cause) {
		b.WriteString(" (CouchDB locks a user out of an address for five minutes after five failed logins; it is tried " +
			"again by itself. `callfn couchdb setup` unlocks at once)")
	} else if h := hints[e.Kind]; h != "" {
		fmt.Fprintf(&b, " (%s)", h)
	}
	return b.String()
}

var hints = map[error]string{
	ErrUnreachable: "check that the datastore runs and that its address and port are right",
	ErrDatabaseMissing: "the service creates its databases when it starts with the right to do so; restart it, or " +
		"create the database",
	ErrViewMissing:  "design documents are installed when the service starts; restart it",
	ErrFull:         "make room on the datastore's disk; it is used again by itself",
	ErrDamaged:      "restore the document from a backup; `callfn doctor --data` lists every damaged one",
	ErrUnauthorized: "check the datastore's user name, password and the database's security",
}

// Unwrap lets errors.Is find both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// KindOf returns which of the closed set err is, ErrFault for an error that is not of this package, nil for nil.
func KindOf(err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ErrFault
}

// fail wraps a driver error. whenMissing is the kind that a 404 stands for in this operation, when its reason does not
// name the database.
func fail(op, subject string, whenMissing, err error) error {
	if err == nil {
		return nil
	}
	var already *Error
	if errors.As(err, &already) {
		return err
	}
	return &Error{Op: op, Subject: subject, Kind: kindOf(whenMissing, err), Cause: withoutURL(err)}
}

func kindOf(whenMissing, err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return ErrUnreachable
	}
	if fenced(err) {
		return ErrUnreachable // for now: whoever asks again later finds it elsewhere
	}
	if noRoom(err.Error()) {
		return ErrFull
	}
	if damaged(err) {
		return ErrDamaged
	}
	switch status := kivik.HTTPStatus(err); status {
	case http.StatusInsufficientStorage:
		return ErrFull
	case http.StatusNotFound:
		if databaseIsMissing(err) {
			return ErrDatabaseMissing
		}
		return whenMissing
	case http.StatusConflict:
		return ErrConflict
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrUnauthorized
	case http.StatusBadRequest:
		return ErrInvalid
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return ErrUnreachable
	default:
		return ErrFault
	}
}

// damaged reports whether the embedded node's checksum of a document does not match.
func damaged(err error) bool {
	return kivik.HTTPStatus(err) == http.StatusInternalServerError && strings.Contains(err.Error(), " is damaged on disk")
}

// databaseIsMissing tells the two 404s apart by the reason, the only part of the body that kivik keeps. CouchDB 2 and
// 3 say "Database does not exist.", 1.x and PouchDB "no_db_file".
func databaseIsMissing(err error) bool {
	text := err.Error()
	return strings.Contains(text, "Database does not exist") || strings.Contains(text, "no_db_file")
}

// withoutURL strips the URL from a transport error: its query string may hold an API key or a call's parameters.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
