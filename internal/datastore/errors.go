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

// The kinds of failure. The set is closed: every error of this package matches exactly one of them with errors.Is.
var (
	// ErrNotFound reports that there is no such document.
	ErrNotFound = errors.New("document not found")
	// ErrConflict reports that the document was changed or created by another writer meanwhile.
	ErrConflict = errors.New("document update conflict")
	// ErrUnreachable reports no connection, or no answer in time. A retry may succeed.
	ErrUnreachable = errors.New("datastore unreachable")
	// ErrDatabaseMissing reports that the database does not exist on the connection.
	ErrDatabaseMissing = errors.New("database missing")
	// ErrViewMissing reports that the design document or its view does not exist.
	ErrViewMissing = errors.New("view missing")
	// ErrUnauthorized reports that the datastore refused the credentials, or does not allow them the operation.
	ErrUnauthorized = errors.New("datastore refused the credentials")
	// ErrInvalid reports that the datastore called the request malformed, for instance for the document's id.
	ErrInvalid = errors.New("datastore refused the request")
	// ErrTooLarge reports that a document, a request or an answer exceeds its limit.
	ErrTooLarge = errors.New("too large for the datastore")
	// ErrFull reports that the datastore's disk is full. Nothing was stored; reads still work.
	ErrFull = errors.New("the datastore's disk is full")
	// ErrDamaged reports that stored data differs from what was written. The cause names the document.
	ErrDamaged = errors.New("stored document damaged")
	// ErrFault reports any other failure in the datastore.
	ErrFault = errors.New("datastore fault")
)

// Error is a failed operation: what was attempted, on what, the kind of failure, and the cause.
type Error struct {
	Op      string // "get", "save", "view" …
	Subject string // "functions/0123…", "accounts/_design/accounts/_view/by_name" …
	Kind    error  // one of the Err… values
	Cause   error  // the driver's error; may be nil
}

// Error returns the failure in one line, with a hint for the operator.
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

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// KindOf returns the kind of err: ErrFault for an error of another package, nil for nil.
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

// fail wraps a driver error. whenMissing is the kind of a 404 in this operation whose reason does not name the
// database.
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
		return ErrUnreachable // a retry finds the database elsewhere
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

// databaseIsMissing tells the two 404s apart by the reason, the only part of the body that kivik keeps. CouchDB 2 and 3
// answer "Database does not exist.", 1.x and PouchDB "no_db_file".
func databaseIsMissing(err error) bool {
	text := err.Error()
	return strings.Contains(text, "Database does not exist") || strings.Contains(text, "no_db_file")
}

// withoutURL removes the URL from a transport error. Its query may contain an API key or a call's parameters.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
