package typescript

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// schema is a JSON Schema as stored in its document.
type schema = map[string]any

// writer turns schemas into types.
type writer struct {
	b      strings.Builder
	refs   []string // schemas that types refer to, in the order they were met
	depth  int
	failed error
}

// typeOf returns a schema as a type expression.
func (w *writer) typeOf(s schema) string {
	if ref, ok := s["$ref"].(string); ok {
		return w.reference(ref)
	}
	if all, ok := s["allOf"].([]any); ok {
		return w.join(all, " & ")
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		if branches, ok := s[keyword].([]any); ok {
			return w.join(branches, " | ")
		}
	}
	if values, ok := s["enum"].([]any); ok {
		literals := make([]string, len(values))
		for i, value := range values {
			literals[i] = literal(value)
		}
		return strings.Join(literals, " | ")
	}
	switch kind, _ := s["type"].(string); kind {
	case "string", "boolean":
		return kind
	case "integer", "number":
		return "number"
	case "array":
		items, _ := s["items"].(schema)
		if items == nil {
			return "unknown[]"
		}
		return "Array<" + w.typeOf(items) + ">"
	case "object", "":
		if kind == "" && s["properties"] == nil {
			return "unknown"
		}
		return w.object(s)
	default:
		w.failed = fmt.Errorf("typescript: a schema of type %v", s["type"])
		return "unknown"
	}
}

// join joins the branches of a choice, or the parts of an intersection, and drops duplicates.
func (w *writer) join(branches []any, by string) string {
	var types []string
	for _, branch := range branches {
		part, _ := branch.(schema)
		if t := w.typeOf(part); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	if len(types) == 1 {
		return types[0]
	}
	return "(" + strings.Join(types, by) + ")"
}

// object writes an object's members, each with its description.
func (w *writer) object(s schema) string {
	properties, _ := s["properties"].(schema)
	var rest []any
	patterns, _ := s["patternProperties"].(schema)
	for _, pattern := range sortedKeys(patterns) {
		rest = append(rest, patterns[pattern])
	}
	if more, ok := s["additionalProperties"].(schema); ok {
		rest = append(rest, more)
	}
	if len(properties) == 0 {
		if len(rest) == 0 {
			return "{ [name: string]: unknown }"
		}
		return "{ [name: string]: " + w.join(rest, " | ") + " }"
	}
	required := texts(s["required"])
	var b strings.Builder
	b.WriteString("{\n")
	w.depth++
	for _, name := range sortedKeys(properties) {
		property, _ := properties[name].(schema)
		_, repaired := property["default"]
		optional := "?"
		if slices.Contains(required, name) && !repaired {
			optional = ""
		}
		b.WriteString(w.comment(about(property)))
		fmt.Fprintf(&b, "%s%s%s: %s;\n", w.indent(), key(name), optional, w.typeOf(property))
	}
	// Named members must fit the index signature's type as well, so the type is wider than the schema here.
	if len(rest) > 0 {
		fmt.Fprintf(&b, "%s[name: string]: unknown;\n", w.indent())
	}
	w.depth--
	b.WriteString(w.indent() + "}")
	return b.String()
}

// reference returns the type name of another schema and queues that type for writing.
func (w *writer) reference(name string) string {
	if name == nodeSchema {
		return "Flow"
	}
	if !slices.Contains(w.refs, name) {
		w.refs = append(w.refs, name)
	}
	return typeName(name)
}

// about returns a schema's description of a value besides its type, in one line.
func about(s schema) string {
	text, _ := s["description"].(string)
	var rules []string
	least, most := s["minLength"], s["maxLength"]
	between := func(least, most any, noun string) {
		switch {
		case least != nil && most != nil && fmt.Sprint(least) == fmt.Sprint(most):
			rules = append(rules, fmt.Sprintf("%v%s", least, noun))
		case least != nil && most != nil:
			rules = append(rules, fmt.Sprintf("%v to %v%s", least, most, noun))
		case most != nil:
			rules = append(rules, fmt.Sprintf("at most %v%s", most, noun))
		case least != nil:
			rules = append(rules, fmt.Sprintf("at least %v%s", least, noun))
		}
	}
	between(least, most, " characters")
	between(s["minimum"], s["maximum"], "")
	between(s["minItems"], s["maxItems"], " items")
	if s["type"] == "integer" {
		rules = append(rules, "whole")
	}
	if pattern, ok := s["pattern"].(string); ok {
		rules = append(rules, "matches "+pattern)
	}
	if value, ok := s["default"]; ok {
		rules = append(rules, literal(value)+" when absent")
	}
	if len(rules) > 0 {
		text = strings.TrimSpace(text + " (" + strings.Join(rules, "; ") + ")")
	}
	return text
}

func (w *writer) comment(text string) string {
	if text == "" {
		return ""
	}
	return w.indent() + "/** " + strings.ReplaceAll(text, "*/", "*\\/") + " */\n"
}

func (w *writer) indent() string { return strings.Repeat("  ", w.depth) }

// literal writes a JSON value, which is valid TypeScript too.
func literal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "unknown"
	}
	return string(text)
}

// key writes a member's name, quoted if necessary.
func key(name string) string {
	for i, r := range name {
		letter := r == '_' || r == '$' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return strconv.Quote(name)
		}
	}
	return name
}

// typeName turns a schema's name into a type name: callflows.ring_group becomes RingGroupData.
func typeName(schema string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(strings.TrimPrefix(schema, modulePrefix),
		func(r rune) bool { return r == '_' || r == '.' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String() + "Data"
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
