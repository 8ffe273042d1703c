package hostcall

import "fmt"

// Error is what a verb answers when it cannot do as it was asked: an Error in JavaScript with these members. Its text
// reaches records and logs, and must not have a path, a key, a value, a query or a body.
type Error struct {
	Name    string // KvError, HttpError, SecretError, …
	Reason  string // of the binding's closed set
	Message string // what happened and what to do next, in plain words
}

// Error gives reason and message.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Reason, e.Message) }
