package kv

import (
	"context"
	"errors"
	"fmt"
)

// Reason is why an operation failed. The set is closed; functions compare it.
type Reason string

// The reasons.
const (
	Conflict    Reason = "conflict"     // the entry has another version than the caller wants
	TooLarge    Reason = "too_large"    // the value has more than MaxValueBytes
	OverQuota   Reason = "quota"        // the account would store more than its quota
	NotANumber  Reason = "not_a_number" // the value is no integer, or the sum is no longer exact in JavaScript
	Unavailable Reason = "unavailable"  // the store did not answer; the operation may have been carried out
	Budget      Reason = "budget"       // the run has asked too often or waited too long; the store never gives it
	BadKey      Reason = "bad_key"      // a key, prefix or time to live that no entry can have
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{Conflict, TooLarge, OverQuota, NotANumber, Unavailable, Budget, BadKey}
}

// Error is a failed operation.
type Error struct {
	Reason  Reason
	Message string // what is wrong; names the key, never a value
	Hint    string // what to do
	Cause   error  // of the store, for operators; not for functions
}

// Error returns the message and the hint.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + ": " + e.Hint
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ReasonOf returns the reason of an error, and "" for nil and for errors that are not this package's.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

func badKey(message, hint string, args ...any) error {
	return &Error{Reason: BadKey, Message: message, Hint: fmt.Sprintf(hint, args...)}
}

// unavailable returns an engine's error as an *Error.
func unavailable(err error) error {
	if err == nil || ReasonOf(err) != "" {
		return err
	}
	e := &Error{
		Reason: Unavailable, Message: "the key-value store is not available", Cause: err,
		Hint: "the operation may have been carried out: go on without the value, or try again later",
	}
	if errors.Is(err, context.DeadlineExceeded) {
		e.Message = "the key-value store did not answer in time"
	}
	return e
}
