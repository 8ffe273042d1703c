// Package jsonvaluetest draws random JSON values for property tests (pgregory.net/rapid).
package jsonvaluetest

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// Value draws any JSON value nested at most depth levels.
func Value(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.String().AsAny(),
		rapid.SampledFrom([]string{"", "true", "false", "5", "-5", "2.5", "1e3", "a.b", "http://127.0.0.1/"}).AsAny(),
		Number().AsAny(),
	}
	if depth <= 0 {
		return rapid.OneOf(scalars...)
	}
	return rapid.OneOf(append(scalars,
		rapid.Map(Object(depth-1), func(o map[string]any) any { return o }),
		rapid.Map(rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return Value(depth - 1) }), 0, 4),
			func(l []any) any {
				if l == nil {
					return []any{}
				}
				return l
			}),
	)...)
}

// Object draws an object whose values are nested at most depth levels.
func Object(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(Key(), rapid.Deferred(func() *rapid.Generator[any] { return Value(depth) }), 0, 5)
}

// Key draws a key: often one that callflows use, sometimes any text.
func Key() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"module", "data", "children", "flow", "id", "text", "duration", "enabled", "_", "a.b", "",
			"__proto__", "~/%",
		}),
		rapid.String(),
	)
}

// Number draws integers, also beyond 64 bits, and decimals.
func Number() *rapid.Generator[json.Number] {
	return rapid.OneOf(
		rapid.Map(rapid.Int64(), func(i int64) json.Number { return json.Number(strconv.FormatInt(i, 10)) }),
		rapid.Map(rapid.Float64(), func(f float64) json.Number { return json.Number(strconv.FormatFloat(f, 'g', -1, 64)) }),
		rapid.SampledFrom([]json.Number{"0", "1", "-1", "5.0", "2.5", "-2.5", "1e2", "123456789012345678901234567890"}),
	)
}

// Text draws an object as JSON text, its members and those of every object in it in any order.
func Text(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		writeShuffled(t, &b, Object(depth).Draw(t, "object"))
		return b.String()
	})
}

func writeShuffled(t *rapid.T, b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, name := range rapid.Permutation(slices.Sorted(maps.Keys(v))).Draw(t, "members") {
			if i > 0 {
				b.WriteString(", ")
			}
			writeShuffled(t, b, name)
			b.WriteString(": ")
			writeShuffled(t, b, v[name])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeShuffled(t, b, e)
		}
		b.WriteByte(']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
}

// Tokens lists the tokens of JSON text in order, as encoding/json reads them: what two texts have in common that
// differ at most in white space and in how their strings are spelt.
func Tokens(text []byte) ([]json.Token, error) {
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	var tokens []json.Token
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return tokens, nil
		}
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
}
