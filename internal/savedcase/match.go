package savedcase

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/jsonvalue"
)

// matcher collects differences.
type matcher struct{ found []Mismatch }

// mostMismatches bounds the differences that are reported of one case.
const mostMismatches = 50

func (m *matcher) differ(path []string, wanted, got any, message string) {
	if len(m.found) < mostMismatches {
		m.found = append(m.found, Mismatch{Path: jsonvalue.Path(path...), Wanted: wanted, Got: got, Message: message})
	}
}

// match requires that got has at least the members of wanted.
func (m *matcher) match(path []string, wanted, got any) {
	switch w := wanted.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			m.differ(path, wanted, got, "wanted an object, got "+noun(got))
			return
		}
		for _, name := range slices.Sorted(maps.Keys(w)) {
			m.match(append(slices.Clone(path), name), w[name], g[name])
		}
	case []any:
		g, ok := got.([]any)
		switch {
		case !ok:
			m.differ(path, wanted, got, "wanted a list, got "+noun(got))
		case len(g) != len(w):
			m.differ(path, wanted, got, fmt.Sprintf("wanted a list of %d, got one of %d", len(w), len(g)))
		default:
			for i := range w {
				m.match(append(slices.Clone(path), strconv.Itoa(i)), w[i], g[i])
			}
		}
	default:
		if !same(wanted, got) {
			m.differ(path, wanted, got, "wanted "+show(wanted)+", got "+show(got))
		}
	}
}

// steps requires each of wanted among got, in order.
func (m *matcher) steps(wanted, got []any) {
	next := 0
	for i, w := range wanted {
		found := slices.IndexFunc(got[next:], func(g any) bool {
			var try matcher
			try.match(nil, w, g)
			return len(try.found) == 0
		})
		if found >= 0 {
			next += found + 1
			continue
		}
		m.missing([]string{"steps", strconv.Itoa(i)}, w, got[next:])
		return // what comes after it has no place to be looked for
	}
}

// missing reports a step that is not in the rest of the trace, with the differences of the likeliest one.
func (m *matcher) missing(path []string, wanted any, rest []any) {
	if len(rest) == 0 {
		m.differ(path, wanted, nil, "the call has no further step")
		return
	}
	module := at(wanted, "module")
	likely := max(slices.IndexFunc(rest, func(g any) bool { return module != nil && at(g, "module") == module }), 0)
	m.match(path, wanted, rest[likely])
}

// same compares scalars: numbers by value, null with what is not there.
func same(wanted, got any) bool {
	a, isNumber := wanted.(json.Number)
	b, areNumbers := got.(json.Number)
	if !isNumber || !areNumbers {
		return wanted == got
	}
	x, ok := new(big.Rat).SetString(string(a))
	y, ok2 := new(big.Rat).SetString(string(b))
	return ok && ok2 && x.Cmp(y) == 0
}

func noun(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	}
	return show(v)
}

// show writes a value for a message.
func show(v any) string {
	if v == nil {
		return "nothing"
	}
	text, err := jsonvalue.Encode(v)
	const most = 200
	switch {
	case err != nil:
		return "(not JSON)"
	case len(text) > most:
		return strings.ToValidUTF8(string(text[:most]), "") + "…"
	}
	return string(text)
}
