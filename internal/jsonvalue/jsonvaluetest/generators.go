// Package jsonvaluetest draws random JSON values for property tests (pgregory.net/rapid).
package jsonvaluetest

import (
	"encoding/json"
	"strconv"

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
		rapid.Map(rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return Value(depth - 1) }), 0, 4), func(l []any) any {
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
		rapid.SampledFrom([]string{"module", "data", "children", "flow", "id", "text", "duration", "enabled", "_", "a.b", "", "__proto__", "~/%"}),
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
