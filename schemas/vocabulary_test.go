package schemas_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/schemas"
)

// testdata/vocabulary.txt lists every key of every schema with its type, default and rules. It was made from KAZOO's
// own schema documents, independently of callfn's. So a misspelt key, a wrong default or a lost limit on either side
// shows here. Its last section has what callfn adds or changes.
func TestVocabulary(t *testing.T) {
	text, err := os.ReadFile("testdata/vocabulary.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			want[line] = true
		}
	}
	set := load(t)
	got := map[string]bool{}
	for _, name := range set.Names() {
		flatten(t, name, "", document(t, set, name), false, func(line string) { got[line] = true })
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("documents, want what the vocabulary says (-vocabulary +documents):\n%s", diff)
	}
}

func document(t *testing.T, set *schemas.Set, name string) map[string]any {
	t.Helper()
	text, ok := set.Document(name)
	if !ok {
		t.Fatalf("schema %s: got no document, want one", name)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

var vocabularyRules = []string{
	"$ref", "additionalProperties", "enum", "format", "kazoo-validation", "maxItems", "maxLength", "maximum", "minItems",
	"minLength", "minimum", "pattern", "required", "uniqueItems",
}

// flatten writes a schema as lines "schema key type default rules".
func flatten(t *testing.T, name, key string, s map[string]any, required bool, emit func(string)) {
	if all, ok := s["allOf"].([]any); ok { // a $ref with siblings, which draft-04 ignores and KAZOO does not
		s = maps.Clone(all[0].(map[string]any))
		maps.Copy(s, all[1].(map[string]any))
	}
	var rules []string
	for _, rule := range vocabularyRules {
		v, there := s[rule]
		switch {
		case rule == "required":
			if required {
				rules = append(rules, rule)
			}
		case !there:
		case rule == "$ref":
			rules = append(rules, "$ref="+v.(string))
		case rule == "kazoo-validation":
			rules = append(rules, rule)
		case rule == "additionalProperties" && v != false:
		default:
			rules = append(rules, rule+"="+compact(t, v))
		}
	}
	column := func(v any) string {
		if v == nil {
			return "-"
		}
		return compact(t, v)
	}
	typ, _ := s["type"].(string)
	list := strings.Join(rules, ",")
	line := []string{name, key, typ, column(s["default"]), list}
	for i, alt := range []string{"", ".", "-", "", "-"} {
		if line[i] == "" {
			line[i] = alt
		}
	}
	emit(strings.Join(line, " "))

	needed, _ := s["required"].([]any)
	prefix := key
	if prefix != "" {
		prefix += "."
	}
	each(s["properties"], func(k string, p map[string]any) {
		flatten(t, name, prefix+k, p, slices.Contains(needed, any(k)), emit)
	})
	each(s["patternProperties"], func(k string, p map[string]any) { flatten(t, name, key+"/"+k+"/", p, false, emit) })
	if p, ok := s["additionalProperties"].(map[string]any); ok {
		flatten(t, name, key+"{}", p, false, emit)
	}
	if p, ok := s["items"].(map[string]any); ok {
		flatten(t, name, key+"[]", p, false, emit)
	}
	for _, word := range []string{"oneOf", "anyOf"} {
		branches, _ := s[word].([]any)
		for _, p := range branches {
			flatten(t, name, key+"("+word+")", p.(map[string]any), false, emit)
		}
	}
}

// each visits properties in a fixed order.
func each(props any, f func(string, map[string]any)) {
	m, _ := props.(map[string]any)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		f(k, m[k].(map[string]any))
	}
}

func compact(t *testing.T, v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}
