// Package redact leaves what a caller typed, and what opens doors, out of what is kept of a call.
package redact

import (
	"encoding/json"
	"slices"
	"strings"
)

// Mark stands where something was left out.
const Mark = "[redacted]"

// longestWord of those that isSecretWord knows, in letters.
const longestWord = 9

func isSecretWord(lower string) bool {
	switch lower {
	case "digit", "digits", "pin", "pins", "passcode", "passcodes", "password", "passwords", "passwd", "secret", "secrets",
		"token", "tokens", "dtmf", "cvv":
		return true
	}
	return false
}

// Secret reports whether what stands under a name is not to be shown or kept.
func Secret(name string) bool { return secret(name) }

// secret reports whether a value under this name is not to be kept: what a caller typed, and what opens doors. A secret
// word begins and ends where a name's words do: "Digits", "Digits[pin]", "user_pin", "userPin", not "Pinball" or
// "Opinion". It is asked of every name of every run that is recorded, so there is no regular expression in it.
func secret(name string) bool {
	var word [longestWord]byte
	n := 0 // letters of the word so far, also beyond what word holds
	ends := func() bool { return n <= longestWord && isSecretWord(string(word[:n])) }
	for i := range len(name) {
		c := name[i]
		upper := 'A' <= c && c <= 'Z'
		letter := upper || 'a' <= c && c <= 'z'
		if n > 0 && (!letter || upper && name[i-1] >= 'a') { // a letter before: it is a small one
			if ends() {
				return true
			}
			n = 0
		}
		if letter {
			if n < longestWord {
				word[n] = c | 0x20 // small
			}
			n++
		}
	}
	return ends()
}

// Redactor knows what must not be kept of one run.
type Redactor struct{ values []string }

// New learns from a run's parameters. A single key pressed or two say nothing and are in everything, so they are only
// left out where they stand under their own name.
func New(params map[string]string) Redactor {
	var r Redactor
	for name, value := range params {
		if len(value) >= 3 && secret(name) {
			r.values = append(r.values, value)
		}
	}
	return r
}

// With knows more secret values.
func (r Redactor) With(values []string) Redactor {
	r.values = append(slices.Clip(r.values), values...)
	return r
}

// Text leaves the secret values out of a text.
func (r Redactor) Text(s string) string {
	for _, v := range r.values {
		s = strings.ReplaceAll(s, v, Mark)
	}
	return s
}

// Value leaves secrets out of a JSON value, by what they are and by the names they stand under. Its recursion is
// bounded by the decoder's.
func (r Redactor) Value(v any) any {
	switch v := v.(type) {
	case string:
		return r.Text(v)
	case json.Number:
		if s := v.String(); r.Text(s) != s {
			return Mark
		}
		return v
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = r.Value(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			if secret(name) && scalar(item) {
				item = Mark
			}
			out[r.Text(name)] = r.Value(item)
		}
		return out
	}
	return v
}

func scalar(v any) bool {
	switch v.(type) {
	case string, json.Number:
		return true
	}
	return false
}

// Params leaves secrets out of a call's parameters.
func (r Redactor) Params(all map[string]string) map[string]any {
	out := make(map[string]any, len(all))
	for name, value := range all {
		if secret(name) {
			value = Mark
		}
		out[r.Text(name)] = r.Text(value)
	}
	return out
}
