package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"github.com/rivo/uniseg"

	"callfn/internal/printable"
)

// apiError is KAZOO's error envelope, in words for a person.
type apiError struct {
	method, path string
	status       int
	message      string
	details      []string
	missing      string // what does not exist, in words
	stale        string // what to do if the token is refused
	stopped      string // the stopped module because of which it is not found, and how to start it
}

func newAPIError(method, path string, status int, body []byte) *apiError {
	e := &apiError{method: method, path: path, status: status, message: http.StatusText(status)}
	var env struct {
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &env) != nil {
		return e
	}
	if env.Message != "" {
		e.message = printable.Text(env.Message)
	}
	var fields map[string]map[string]json.RawMessage
	var plain struct {
		Message string `json:"message"`
		Cause   string `json:"cause"`
	}
	switch {
	case json.Unmarshal(env.Data, &fields) == nil:
		e.details = fieldLines(fields)
	case json.Unmarshal(env.Data, &plain) == nil && plain.Message != "" && plain.Message != e.message:
		e.details = []string{printable.Text(plain.Message)}
	}
	if status == http.StatusNotFound && env.Message == "bad_identifier" {
		e.missing = missingFrom(path, plain.Cause)
	}
	return e
}

// thingsOf are the words for what follows a part of a path.
var thingsOf = map[string]string{
	"accounts": "account", "functions": "function", "callflows": "callflow", "users": "user", "tests": "test case",
	"runs":       "run",
	"migrations": "move", "modules": "module", "databases": "database", "keys": "key",
}

// missingFrom returns which part of a path does not exist: the one that the server names, else the last one.
func missingFrom(path, cause string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts {
		if text, err := url.PathUnescape(part); err == nil {
			parts[i] = text
		}
	}
	kind, missing, account := "", "", ""
	for i := 0; i+1 < len(parts); i++ {
		thing := thingsOf[parts[i]]
		if thing == "" || thingsOf[parts[i+1]] != "" {
			continue
		}
		if thing == "account" && account == "" {
			account = parts[i+1]
		}
		if kind, missing = thing, parts[i+1]; missing == cause {
			break
		}
	}
	switch {
	case kind == "":
		return ""
	case kind == "account" || account == "":
		return "no " + kind + " " + printable.Text(missing)
	}
	return "no " + kind + " " + printable.Text(missing) + " in account " + printable.Text(account)
}

// fieldLines formats validation errors, one per line: field, what is wrong, where.
func fieldLines(fields map[string]map[string]json.RawMessage) []string {
	var lines []string
	for path, checks := range fields {
		for check, raw := range checks {
			var v struct {
				Message      string `json:"message"`
				Line, Column int
				Source, Hint string
			}
			if json.Unmarshal(raw, &v) != nil || v.Message == "" {
				v.Message = check
			}
			line := printable.Text(path + ": " + v.Message)
			if v.Line > 0 {
				line += fmt.Sprintf(" (line %d, column %d)", v.Line, v.Column)
			}
			if v.Source != "" {
				line += "\n    " + printable.Text(v.Source)
				if v.Column > 0 && v.Column <= len([]rune(v.Source))+1 {
					line += "\n    " +
						strings.Repeat(" ", uniseg.StringWidth(printable.Text(string([]rune(v.Source)[:v.Column-1])))) + "^"
				}
			}
			if v.Hint != "" {
				line += "\n    " + printable.Text(v.Hint)
			}
			lines = append(lines, line)
		}
	}
	sort.Strings(lines)
	return lines
}

func (e *apiError) Error() string {
	if e.missing != "" {
		return fmt.Sprintf("%s (%s %s: %d %s)", e.missing, e.method, printable.Text(e.path), e.status, e.message)
	}
	s := fmt.Sprintf("the server refused %s %s: %d %s", e.method, printable.Text(e.path), e.status, e.message)
	for _, d := range e.details {
		s += "\n  " + d
	}
	if e.stopped != "" {
		s += "\n  " + e.stopped
	}
	switch e.status {
	case http.StatusUnauthorized:
		s += "\n  " + firstOf(e.stale, "check the API key")
	case http.StatusForbidden:
		s += "\n  this login has no rights over that: it needs another API key, or a user with more"
	}
	return s
}
