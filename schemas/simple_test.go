package schemas

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

// The shortcut only accepts what the library accepts too, for any schema, and it accepts enough to be useful.
func TestSimpleAcceptsOnlyWhatIsValid(t *testing.T) {
	names := []string{"a", "b", "c"}
	scalar := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.SampledFrom([]string{"", "a", "é", "aa", "bb", "a@b", "10.0.0.1"}), func(s string) any { return s }),
		rapid.Map(rapid.SampledFrom([]json.Number{"0", "-0", "1", "-1", "1.5", "1.0", "1e2", "100", "1234567890123456789"}),
			func(n json.Number) any { return n }),
	)
	value := rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(scalar, 0, 3), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom(names), scalar, 0, 3), func(m map[string]any) any { return m }))
	bound := rapid.IntRange(0, 3)
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		keywords := map[string]*rapid.Generator[any]{
			"type": rapid.Map(rapid.SliceOfNDistinct(rapid.SampledFrom(kindNames[:]), 1, 3, rapid.ID),
				func(l []string) any { return l }),
			"enum": rapid.Map(rapid.SliceOfNDistinct(scalar, 1, 4, func(v any) any { return v }),
				func(l []any) any { return l }),
			"required": rapid.Map(rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 2, rapid.ID),
				func(l []string) any { return l }),
			"dependencies":  rapid.Just[any](map[string]any{"a": []string{"b"}}),
			"minLength":     rapid.Map(bound, func(n int) any { return n }),
			"maxLength":     rapid.Map(bound, func(n int) any { return n }),
			"minItems":      rapid.Map(bound, func(n int) any { return n }),
			"maxItems":      rapid.Map(bound, func(n int) any { return n }),
			"minProperties": rapid.Map(bound, func(n int) any { return n }),
			"maxProperties": rapid.Map(bound, func(n int) any { return n }),
			"minimum":       rapid.Map(bound, func(n int) any { return n }),
			"maximum":       rapid.Map(bound, func(n int) any { return n }),
			"multipleOf":    rapid.Just[any](2),
			"pattern":       rapid.Just[any]("^a"),
			"format":        rapid.Map(rapid.SampledFrom(formats), func(s string) any { return s }),
		}
		document := map[string]any{}
		order := []string{}
		for name := range keywords {
			order = append(order, name)
		}
		slices.Sort(order)
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(order), 1, 3, rapid.ID).Draw(t, "keywords") {
			document[name] = keywords[name].Draw(t, name)
		}
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		set, err := compile(fstest.MapFS{"test.json": {Data: text}})
		if err != nil {
			t.Skip(err) // an enum with 1 and 1.0
		}
		rules := set.rules[set.schemas["test"]]
		for range 20 {
			v := value.Draw(t, "value")
			if rules.simple.accepts(v) {
				accepted++
				if err := set.schemas["test"].Validate(v); err != nil {
					t.Fatalf("%s accepts %v, want %v", text, v, err)
				}
			}
		}
	})
	if accepted < 100 {
		t.Errorf("%d values accepted, want 100 or more", accepted)
	}
}

// Most values of the documents' schemas need no call of the library.
func TestSimpleIsUsed(t *testing.T) {
	c, err := loadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	flow := map[string]any{"module": "tts", "data": map[string]any{"text": strings.Repeat("a", 100), "voice": "female"}}
	for name, value := range map[string]any{
		"callflows.action": flow, "callflows.tts": flow["data"],
		"functions": map[string]any{"name": "n", "function_js": "x"},
	} {
		if !c.rules[c.schemas[name]].simple.accepts(value) {
			t.Errorf("%s: got the library asked about %v, want it accepted without", name, value)
		}
	}
}

// Values that are easily taken for valid are left to the library: lengths count characters, not bytes; 1.5 is no
// integer; an enum may have more than texts.
func TestSimpleLeavesToTheLibrary(t *testing.T) {
	for _, tc := range []struct {
		schema string
		value  any
	}{
		{`{"minLength":2}`, "é"},
		{`{"type":"integer"}`, json.Number("1.5")},
		{`{"enum":["a",1]}`, json.Number("2")},
		{`{"enum":[1]}`, "a"},
		{`{"required":["a"]}`, map[string]any{"b": nil}},
		{`{"minItems":1}`, []any{}},
		{`{"maxProperties":0}`, map[string]any{"a": nil}},
		{`{"maximum":1}`, json.Number("2")},
		{`{"pattern":"^a"}`, "b"},
		{`{"format":"email"}`, "b"},
		{`{"type":["null","string"]}`, true},
	} {
		set, err := compile(fstest.MapFS{"test.json": {Data: []byte(tc.schema)}})
		if err != nil {
			t.Fatal(err)
		}
		if set.rules[set.schemas["test"]].simple.accepts(tc.value) {
			t.Errorf("%s accepts %v, want it left to the library", tc.schema, tc.value)
		}
	}
}
