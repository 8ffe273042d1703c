package couchnode

import (
	"errors"
	"fmt"
	"net/http"
)

// EngineError is a query server's error. Word and Reason are the two values of its ["error", word, reason]. Word
// decides the status as in CouchDB (not_found 404, unauthorized 401, compilation_error 400, anything unknown 500).
type EngineError struct {
	Word, Reason string
}

func (e *EngineError) Error() string { return e.Word + ": " + e.Reason }

// apiError is an unsuccessful answer: CouchDB's status, error word and reason. A write that returns one has changed
// nothing.
type apiError struct {
	status       int
	word, reason string
	allow        string // the Allow header of a 405
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.word, e.reason) }

func refuse(status int, word, reason string) *apiError {
	return &apiError{status: status, word: word, reason: reason}
}

func badRequest(format string, args ...any) *apiError {
	return refuse(http.StatusBadRequest, "bad_request", fmt.Sprintf(format, args...))
}

func queryParseError(format string, args ...any) *apiError {
	return refuse(http.StatusBadRequest, "query_parse_error", fmt.Sprintf(format, args...))
}

func docValidation(format string, args ...any) *apiError {
	return refuse(http.StatusBadRequest, "doc_validation", fmt.Sprintf(format, args...))
}

func notFound(reason string) *apiError { return refuse(http.StatusNotFound, "not_found", reason) }

func notImplemented(format string, args ...any) *apiError {
	return refuse(http.StatusNotImplemented, "not_implemented", fmt.Sprintf(format, args...))
}

func methodNotAllowed(methods string) *apiError {
	e := refuse(http.StatusMethodNotAllowed, "method_not_allowed", "Only "+methods+" allowed")
	e.allow = methods
	return e
}

var (
	errNoDatabase = notFound("Database does not exist.")
	errMissing    = notFound("missing")
	errDeleted    = notFound("deleted")
	errConflict   = refuse(http.StatusConflict, "conflict", "Document update conflict.")
	errTooLarge   = refuse(http.StatusRequestEntityTooLarge, "too_large", "the request entity is too large")
	errRevFormat  = badRequest("Invalid rev format")
	errDDocGone   = notFound("Design document was updated or deleted.")
	errClosing    = refuse(http.StatusServiceUnavailable, "service unavailable", "the node is shutting down")
)

// engineStatus maps a query server's error words to statuses, as chttpd:error_info does.
var engineStatus = map[string]int{
	"bad_request":         http.StatusBadRequest,
	"query_parse_error":   http.StatusBadRequest,
	"compilation_error":   http.StatusBadRequest,
	"unauthorized":        http.StatusUnauthorized,
	"forbidden":           http.StatusForbidden,
	"not_found":           http.StatusNotFound,
	"not_acceptable":      http.StatusNotAcceptable,
	"conflict":            http.StatusConflict,
	"gone":                http.StatusGone,
	"service unavailable": http.StatusServiceUnavailable,
	"not_implemented":     http.StatusNotImplemented,
}

func (e *EngineError) apiError() *apiError {
	status, ok := engineStatus[e.Word]
	if !ok {
		status = http.StatusInternalServerError
	}
	return refuse(status, e.Word, e.Reason)
}

func asEngineError(err error) (*EngineError, bool) {
	var e *EngineError
	ok := errors.As(err, &e)
	return e, ok
}
