package couchtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// vars are the names that a case has captured.
type vars map[string]string

var reference = regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)

// expand replaces {name}.
func (v vars) expand(s string) (string, error) {
	var err error
	out := reference.ReplaceAllStringFunc(s, func(m string) string {
		value, ok := v[m[1:len(m)-1]]
		if !ok {
			err = fmt.Errorf("%s has not been captured", m)
		}
		return value
	})
	return out, err
}

var revision = regexp.MustCompile(`^[0-9]+-.+$`)

// match compares an answer with the wanted one and lists every difference. present is false if there is no value.
func (v vars) match(path string, want any, got any, present bool) []string {
	differs := func() []string {
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		if !present {
			g = []byte("nothing")
		}
		return []string{fmt.Sprintf("%s: got %s, want %s", path, g, w)}
	}
	if s, ok := want.(string); ok && strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") {
		if v.special(s[1:len(s)-1], got, present) {
			return nil
		}
		return differs()
	}
	if !present {
		return differs()
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return differs()
		}
		names := make([]string, 0, len(w))
		for name := range w {
			names = append(names, name)
		}
		sort.Strings(names)
		var out []string
		for _, name := range names {
			value, present := g[name]
			out = append(out, v.match(path+"."+name, w[name], value, present)...)
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok {
			return differs()
		}
		if len(w) > 0 && w[0] == "<set>" {
			return v.matchSet(path, w[1:], g)
		}
		if len(w) != len(g) {
			return differs()
		}
		var out []string
		for i := range w {
			out = append(out, v.match(fmt.Sprintf("%s[%d]", path, i), w[i], g[i], true)...)
		}
		return out
	}
	if want != got {
		return differs()
	}
	return nil
}

// special compares a value with an expression in angle brackets.
func (v vars) special(expr string, got any, present bool) bool {
	kind, arg, _ := strings.Cut(expr, ":")
	text, isString := got.(string)
	switch kind {
	case "absent":
		return !present
	case "any":
	case "string":
		present = present && isString
	case "number":
		_, isNumber := got.(json.Number)
		present = present && isNumber
	case "rev":
		present = present && isString && revision.MatchString(text)
	case "re":
		re, err := regexp.Compile(arg)
		return err == nil && present && isString && re.MatchString(text)
	default:
		return present && text == "<"+expr+">"
	}
	if present && arg != "" {
		if !isString {
			text = fmt.Sprint(got)
		}
		v[arg] = text
	}
	return present
}

// matchSet pairs each wanted element with one element of the answer.
func (v vars) matchSet(path string, want, got []any) []string {
	left := append([]any(nil), got...)
	var out []string
	for i, w := range want {
		found := false
		for j, g := range left {
			if len(v.match("", w, g, true)) == 0 {
				left = append(left[:j], left[j+1:]...)
				found = true
				break
			}
		}
		if !found {
			text, _ := json.Marshal(w)
			out = append(out, fmt.Sprintf("%s: element %d, %s, is missing", path, i, text))
		}
	}
	if len(got) != len(want) {
		text, _ := json.Marshal(got)
		out = append(out, fmt.Sprintf("%s: got %d elements, want %d: %s", path, len(got), len(want), text))
	}
	return out
}
