package crossbar

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// failure is an error answer (docs/reference/kazoo.md#error-envelope, docs/reference/kazoo.md#status-codes). The client
// sees status, message and data; cause is only logged.
type failure struct {
	status  int
	message string
	data    any
	header  http.Header
	cause   error
	passing bool // a 5xx that needs no operator: a function's own failure, a move that ends by itself
}

func (f *failure) Error() string {
	text := fmt.Sprintf("%d %s", f.status, f.message)
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	return text
}

func (f *failure) Unwrap() error { return f.cause }

func fail(status int, message string, data any) *failure {
	return &failure{status: status, message: message, data: data}
}

func says(text string) map[string]any { return map[string]any{"message": text} }

// Failures without parameters, with KAZOO's texts.
func invalidCredentials() *failure {
	return fail(401, "invalid_credentials", says("invalid credentials"))
}
func staleToken() *failure { return fail(401, "invalid credentials", map[string]any{}) }
func forbidden() *failure  { return fail(403, "forbidden", says("forbidden")) }
func notFound() *failure   { return fail(404, "not_found", says("not found")) }
func datastoreConflict() *failure {
	return fail(409, "datastore_conflict", says("conflicting documents"))
}

func preconditionFailed() *failure {
	return fail(412, "precondition_failed", says("the document is not the one named by If-Match"))
}

func notAcceptable() *failure {
	return fail(406, "not_acceptable", says("this API answers application/json only"))
}

func unsupportedType(kind string) *failure {
	return fail(415, "unsupported_media_type", map[string]any{
		"message": "send application/json", "cause": clip.Name(kind),
	})
}
func notImplemented() *failure { return fail(501, "not_implemented", says("not implemented")) }
func internalError(cause error) *failure {
	f := fail(500, "unspecified_fault", says("unspecified fault"))
	f.cause = cause
	return f
}

// badIdentifier is the answer for every document that the caller cannot see, whatever the reason.
func badIdentifier(id string) *failure {
	return fail(404, "bad_identifier", map[string]any{"message": "bad identifier", "cause": clip.Name(id)})
}

func invalidMethod(allowed []string) *failure {
	f := fail(405, "invalid_method", says("method not allowed"))
	f.header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
	return f
}

// invalid returns a 400 with KAZOO's field errors.
func invalid(fields schemas.FieldErrors) *failure {
	return fail(400, "validation error", withoutSecrets(fields))
}

// invalidField is invalid for one field and one validator.
func invalidField(path, validator string, violation schemas.Violation) *failure {
	return invalid(schemas.FieldErrors{path: {validator: violation}})
}

// failureOf returns the answer for any error, without internals. about is the identifier that the request concerns.
func failureOf(err error, about string) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, auth.ErrExpired) {
		return staleToken()
	}
	if errors.Is(err, auth.ErrInvalid) {
		return invalidCredentials()
	}
	if errors.Is(err, account.ErrHasDescendants) {
		return fail(409, "account_has_descendants", says("account has descendants"))
	}
	var taken *account.TakenError
	if errors.As(err, &taken) {
		return invalidField(taken.Field, "unique", schemas.Violation{
			"message": "Account " + taken.Field + " already in use", "cause": taken.Value,
		})
	}
	var stored *datastore.Error
	if errors.As(err, &stored) {
		return datastoreFailure(stored, about)
	}
	return internalError(err)
}

// datastoreFailure maps errors of the datastore as in KAZOO's documentation: 503, with the cause
// (docs/reference/kazoo.md#status-codes, B47).
func datastoreFailure(err *datastore.Error, about string) *failure {
	unavailable := func(message, text string) *failure {
		f := fail(503, message, map[string]any{"message": text, "cause": err.Subject})
		f.cause = err
		return f
	}
	switch err.Kind {
	case datastore.ErrNotFound:
		return badIdentifier(about)
	case datastore.ErrConflict:
		return datastoreConflict()
	case datastore.ErrUnreachable:
		if datastore.Fenced(err) {
			f := unavailable("datastore_unreachable", "the database is being moved: nothing was stored, send it again")
			f.passing = true
			return f
		}
		return unavailable("datastore_unreachable", "datastore timeout")
	case datastore.ErrDatabaseMissing:
		return unavailable("datastore_missing", "data collection missing: database not found")
	case datastore.ErrViewMissing:
		return unavailable("datastore_missing_view", "datastore missing view")
	case datastore.ErrDamaged:
		f := fail(500, "datastore_fault", map[string]any{
			"message": "the stored document is damaged on disk: it has to be restored from a backup", "cause": err.Subject,
		})
		f.cause = err
		return f
	case datastore.ErrFull:
		return unavailable("datastore_fault", "the datastore's disk is full")
	default:
		return unavailable("datastore_fault", "datastore fatal error")
	}
}
