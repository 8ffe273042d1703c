package lint

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// Flow is an object that a body returns, as far as it is a literal.
type Flow struct {
	Value map[string]any
	// Unknown has the paths to values that are only known at run time, such as data.text. They are Placeholder in the
	// flow.
	Unknown      []string
	Line, Column int // from 1
}

// Placeholder replaces values in a Flow that are only known at run time.
const Placeholder = "…"

// Limits of the search.
const (
	mostFlows = 50
	mostDepth = 60
)

// Flows lists the object literals that a body returns, including both sides of a condition.
func Flows(body string) []Flow {
	s := scanBody(body)
	if !s.whole || s.unmatched >= 0 || len(s.open) > 0 {
		return nil
	}
	var flows []Flow
	for i := range s.tokens {
		if !s.isReturn(i) || s.tokens[i].functions > 0 || !s.returnsValue(i) || len(flows) == mostFlows {
			continue
		}
		from, end := s.returned(i)
		for _, at := range s.alternatives(from, end) {
			r := reader{scan: s}
			if value, ok := r.object(at, "", 0); ok {
				flows = append(flows, Flow{
					Value: value, Unknown: r.unknown, Line: int(s.tokens[at].line), Column: int(s.tokens[at].column),
				})
			}
		}
	}
	return flows
}

// alternatives returns the objects among an expression's possible values: itself, or the values after ? and :.
func (s *scan) alternatives(from, end int) []int {
	if s.kind(from) == js.OpenBraceToken {
		if s.behind(from) == end {
			return []int{from}
		}
		return nil
	}
	var list []int
	for j := from; j < end; j = s.behind(j) {
		switch s.kind(j) {
		case js.QuestionToken, js.ColonToken:
			if next := j + 1; s.kind(next) == js.OpenBraceToken &&
				(s.behind(next) == end || s.kind(s.behind(next)) == js.ColonToken) {
				list = append(list, next)
			}
		case js.OrToken, js.AndToken, js.NullishToken, js.CommaToken, js.ArrowToken:
			return nil
		}
	}
	return list
}

// reader reads literal values of a body.
type reader struct {
	*scan
	unknown []string
}

// object reads the object that begins at a token. ok is false if not all of its members are literal.
func (r *reader) object(open int, path string, depth int) (map[string]any, bool) {
	value := map[string]any{}
	if depth > mostDepth {
		return nil, false
	}
	last := r.behind(open) - 1
	for i := open + 1; i < last; {
		name := r.keyName(i)
		if name == "" {
			return nil, false
		}
		below := path + name
		if next := r.kind(i + 1); next == js.CommaToken || i+1 == last { // {module, data}
			r.unknown = append(r.unknown, below)
			value[name] = Placeholder
			i += 2
			continue
		} else if next != js.ColonToken {
			return nil, false
		}
		end := r.memberEnd(i+2, last)
		value[name] = r.value(i+2, end, below, depth)
		i = end + 1
	}
	return value, true
}

// memberEnd returns the comma after a member's value, or the bracket that closes the object or list.
func (r *reader) memberEnd(i, last int) int {
	for i < last && r.kind(i) != js.CommaToken {
		i = r.behind(i)
	}
	return min(i, last)
}

// value reads a value between two tokens. A value that is not literal is unknown.
func (r *reader) value(from, end int, path string, depth int) any {
	switch {
	case r.kind(from) == js.OpenBraceToken && r.behind(from) == end:
		before := len(r.unknown)
		if v, ok := r.object(from, path+".", depth+1); ok {
			return v
		}
		r.unknown = r.unknown[:before]
	case r.kind(from) == js.OpenBracketToken && r.behind(from) == end:
		if list, ok := r.list(from, path, depth+1); ok {
			return list
		}
	case end == from+1:
		switch kind := r.kind(from); {
		case kind == js.StringToken:
			if text := r.literal(from); text != "" || len(r.text(from)) == 2 {
				return text
			}
		case kind == js.TrueToken, kind == js.FalseToken:
			return kind == js.TrueToken
		case kind == js.NullToken:
			return nil
		case js.IsNumeric(kind):
			if text := r.text(from); strings.Trim(text, "0123456789.") == "" && json.Valid([]byte(text)) {
				return json.Number(text)
			}
		}
	}
	r.unknown = append(r.unknown, path)
	return Placeholder
}

func (r *reader) list(open int, path string, depth int) ([]any, bool) {
	if depth > mostDepth {
		return nil, false
	}
	list := []any{}
	last := r.behind(open) - 1
	for i := open + 1; i < last; {
		end := r.memberEnd(i, last)
		if r.kind(i) == js.EllipsisToken || end == i {
			return nil, false
		}
		list = append(list, r.value(i, end, path+"."+strconv.Itoa(len(list)), depth))
		i = end + 1
	}
	return list, true
}
