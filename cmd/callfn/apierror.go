package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strings"
)

// apiError is KAZOO's error envelope, told to a person.
type apiError struct {
	method, path string
	status       int
	message      string
	details      []string
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
		e.message = env.Message
	}
	var fields map[string]map[string]json.RawMessage
	var plain struct {
		Message string `json:"message"`
	}
	switch {
	case json.Unmarshal(env.Data, &fields) == nil:
		e.details = fieldLines(fields)
	case json.Unmarshal(env.Data, &plain) == nil && plain.Message != "" && plain.Message != e.message:
		e.details = []string{plain.Message}
	}
	return e
}

// fieldLines writes validation errors one a line: field, what is wrong, where.
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
			line := path + ": " + v.Message
			if v.Line > 0 {
				line += fmt.Sprintf(" (line %d, column %d)", v.Line, v.Column)
			}
			if v.Source != "" {
				line += "\n    " + v.Source
				if v.Column > 0 && v.Column <= len([]rune(v.Source))+1 {
					line += "\n    " + strings.Repeat(" ", v.Column-1) + "^"
				}
			}
			if v.Hint != "" {
				line += "\n    " + v.Hint
			}
			lines = append(lines, line)
		}
	}
	sort.Strings(lines)
	return lines
}

func (e *apiError) Error() string {
	s := fmt.Sprintf("the server refused %s %s: %d %s", e.method, e.path, e.status, e.message)
	for _, d := range e.details {
		s += "\n  " + d
	}
	switch e.status {
	case http.StatusUnauthorized:
		s += "\n  check the API key"
	case http.StatusForbidden:
		s += "\n  this API key has no rights over that account"
	}
	return s
}
