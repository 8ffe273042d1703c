package schemas

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// simple accepts a schema's common values without the library, which takes a microsecond and a dozen allocations per
// value. It only ever accepts. The library judges whatever it does not accept.
type simple struct {
	schema  *jsonschema.Schema
	allowed [7]bool             // by kind
	texts   map[string]struct{} // the enum, if all its values are text
	bounded bool                // numbers have bounds
}

// The kinds of JSON values: JSON Schema's types.
const (
	kindNull = iota
	kindBoolean
	kindString
	kindObject
	kindArray
	kindNumber
	kindInteger
)

var kindNames = [...]string{"null", "boolean", "string", "object", "array", "number", "integer"}

// simplify returns the shortcut for a schema without further schemas.
func simplify(schema *jsonschema.Schema) *simple {
	s := &simple{schema: schema, bounded: bounded(schema)}
	for kind, name := range kindNames {
		s.allowed[kind] = len(schema.Types) == 0
		for _, allowed := range schema.Types {
			s.allowed[kind] = s.allowed[kind] || allowed == name
		}
	}
	if len(schema.Enum) > 0 {
		s.texts = make(map[string]struct{}, len(schema.Enum))
		for _, v := range schema.Enum {
			if text, ok := v.(string); ok {
				s.texts[text] = struct{}{}
			}
		}
	}
	return s
}

// accepts reports whether value is certainly valid.
func (s *simple) accepts(value any) bool {
	if text, ok := value.(string); ok {
		return s.allowed[kindString] && s.acceptsText(text)
	}
	if s.texts != nil {
		return false
	}
	switch v := value.(type) {
	case nil:
		return s.allowed[kindNull]
	case bool:
		return s.allowed[kindBoolean]
	case json.Number:
		return !s.bounded && (s.allowed[kindNumber] || s.allowed[kindInteger] && plain(v))
	case map[string]any:
		return s.allowed[kindObject] && s.acceptsObject(v)
	case []any:
		return s.allowed[kindArray] && within(len(v), s.schema.MinItems, s.schema.MaxItems)
	}
	return false
}

func (s *simple) acceptsText(text string) bool {
	if s.schema.Pattern != nil || s.schema.Format != "" {
		return false
	}
	if s.texts != nil {
		if _, listed := s.texts[text]; !listed {
			return false
		}
	}
	if s.schema.MinLength < 0 && s.schema.MaxLength < 0 {
		return true
	}
	return within(utf8.RuneCountInString(text), s.schema.MinLength, s.schema.MaxLength)
}

func (s *simple) acceptsObject(object map[string]any) bool {
	for _, name := range s.schema.Required {
		if _, there := object[name]; !there {
			return false
		}
	}
	return len(s.schema.Dependencies) == 0 && within(len(object), s.schema.MinProperties, s.schema.MaxProperties)
}

// within reports whether n is in bounds. A negative high means no bound.
func within(n, low, high int) bool { return n >= low && (high < 0 || n <= high) }

// plain reports whether n is written as an integer.
func plain(n json.Number) bool {
	for i := range len(n) {
		if c := n[i]; (c < '0' || c > '9') && (i > 0 || c != '-') {
			return false
		}
	}
	return len(n) > 0 && n != "-"
}
