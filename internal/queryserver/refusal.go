package queryserver

import (
	"bytes"
	"strconv"

	"callfn/internal/runs"
)

// Refusal decides who may run where the document is at hand: it tells why the document must not run for an account, as
// lib/refusal.js of the show `wh` does, and before the run has taken anybody's place in a queue. The outcome is "" for
// a document that may run, and for one so strange that `wh` is to decide.
func (d Document) Refusal(account string) (runs.Outcome, *runs.Failure) {
	if bytes.Equal(d.raw, []byte("null")) {
		return notFound()
	}
	if !d.known {
		return "", nil
	}
	f := d.fields
	switch {
	case textOf(f.kind) != "function", truthy(f.deleted), account != "" && textOf(f.account) != account:
		return notFound()
	case string(f.enabled) == "false":
		message := "the function is disabled"
		if len(f.message) > 0 && f.message[0] == '"' {
			message += ": " + textOf(f.message)
		}
		return runs.Disabled, &runs.Failure{Message: message}
	case f.language != nil && textOf(f.language) != "javascript":
		if f.language[0] != '"' || bytes.IndexByte(f.language, '\\') >= 0 {
			return "", nil // how it is written in the message is for JSON.stringify to say
		}
		return runs.Refused, &runs.Failure{
			Message: "language pack " + string(f.language) + ` cannot be run here: use "javascript"`,
		}
	case len(f.body) == 0 || f.body[0] != '"' || string(f.body) == `""`:
		return runs.Refused, &runs.Failure{Message: "empty function definition: the document has no function_js"}
	}
	return "", nil
}

// notFound is one answer for absent, deleted, foreign and other documents, so that nobody can probe for the functions
// of another account.
func notFound() (runs.Outcome, *runs.Failure) {
	return runs.NotFound, &runs.Failure{Message: "no such function in this account"}
}

// truthy reports whether JavaScript holds a JSON value for true; an absent one it does not.
func truthy(value []byte) bool {
	switch string(value) {
	case "", "null", "false", `""`:
		return false
	}
	n, err := strconv.ParseFloat(string(value), 64)
	return err != nil || n != 0
}
