package collation_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"callfn/internal/couchnode/collation"
	"callfn/internal/strictjson"

	"pgregory.net/rapid"
)

// encode returns the encoded key for any JSON text.
func encode(t interface{ Fatalf(string, ...any) }, src string) []byte {
	compact, err := strictjson.Compact(nil, []byte(src), 100)
	if err != nil {
		t.Fatalf("%s: got error %v, want it compact", src, err)
	}
	return collation.New().Append(nil, compact)
}

// testdata/order.txt lists keys in CouchDB's documented order, one per line.
func TestOrder(t *testing.T) {
	text, err := os.ReadFile("testdata/order.txt")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			keys = append(keys, line)
		}
	}
	for i, a := range keys {
		for j, b := range keys {
			got, want := bytes.Compare(encode(t, a), encode(t, b)), cmpInt(i, j)
			if got != want {
				t.Errorf("compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func cmpInt(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestEqualNumbers(t *testing.T) {
	for _, same := range [][]string{{"0", "-0", "0.0", "-0e7"}, {"1", "1.0", "10e-1"}, {"100", "1e2"}} {
		for _, s := range same[1:] {
			if !bytes.Equal(encode(t, same[0]), encode(t, s)) {
				t.Errorf("%s and %s: got two encodings, want the same", same[0], s)
			}
		}
	}
}

func anyJSON() *rapid.Generator[any] {
	return rapid.Deferred(func() *rapid.Generator[any] {
		return rapid.OneOf(
			rapid.Just[any](nil),
			rapid.Bool().AsAny(),
			rapid.Float64Range(-1e300, 1e300).AsAny(),
			rapid.StringN(0, 6, -1).AsAny(),
			rapid.StringOfN(rapid.RuneFrom([]rune("aAbé\u0000\u0001")), 0, 4, -1).AsAny(),
			rapid.Map(rapid.SliceOfN(anyJSON(), 0, 3), func(v []any) any { return v }),
			rapid.Map(rapid.MapOfN(rapid.StringN(0, 2, -1), anyJSON(), 0, 2), func(v map[string]any) any { return v }),
		)
	})
}

// Different keys never share an encoding, and no encoding is a prefix of another, so that a document id may follow it.
func TestEncodingIsPrefixFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a"), draw(t, "b")
		ea, eb := encode(t, a), encode(t, b)
		if a != b && (bytes.HasPrefix(ea, eb) || bytes.HasPrefix(eb, ea)) {
			t.Fatalf("got %s (%x) and %s (%x), want neither to begin with the other", a, ea, b, eb)
		}
	})
}

// Numbers are ordered by value, arrays by their first differing element.
func TestNumbersAndArraysOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SliceOfN(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64), 2, 2).Draw(t, "f")
		if got, want := bytes.Compare(encode(t, text(f[0])), encode(t, text(f[1]))), cmpFloat(f[0], f[1]); got != want {
			t.Fatalf("compare(%v, %v) = %d, want %d", f[0], f[1], got, want)
		}
		x, y := draw(t, "x"), draw(t, "y")
		inner := bytes.Compare(encode(t, x), encode(t, y))
		if got := bytes.Compare(encode(t, "[1,"+x+"]"), encode(t, "[1,"+y+",null]")); inner != 0 && got != inner {
			t.Fatalf("[1,%s] against [1,%s]: %d, want %d", x, y, got, inner)
		}
	})
}

func TestArrayPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		els := rapid.SliceOfN(anyJSON(), 0, 5).Draw(t, "els")
		n := rapid.IntRange(0, 6).Draw(t, "n")
		whole := encode(t, text(append([]any{}, els...)))
		got := collation.ArrayPrefix(whole, n)
		if n >= len(els) {
			if !bytes.Equal(got, whole) {
				t.Fatalf("a short array: got %x, want it whole: %x", got, whole)
			}
			return
		}
		head := encode(t, text(append([]any{}, els[:n]...)))
		if !bytes.Equal(got, head[:len(head)-1]) {
			t.Fatalf("prefix %x, want %x", got, head)
		}
	})
	for _, scalar := range []string{"null", "7", `"x"`, `{"a":1}`} {
		if e := encode(t, scalar); !bytes.Equal(collation.ArrayPrefix(e, 1), e) {
			t.Errorf("%s: got %x, want it whole: %x", scalar, collation.ArrayPrefix(e, 1), e)
		}
	}
}

func draw(t *rapid.T, name string) string { return text(anyJSON().Draw(t, name)) }

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	// encoding/json writes U+FFFD for invalid UTF-8; rapid's strings are valid.
	return string(b)
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestConcurrentUse(t *testing.T) {
	enc := collation.New()
	want := enc.Append(nil, []byte(`["é",{"a":"Z"}]`))
	done := make(chan bool)
	for range 8 {
		go func() {
			ok := true
			for range 200 {
				ok = ok && slices.Equal(want, enc.Append(nil, []byte(`["é",{"a":"Z"}]`)))
			}
			done <- ok
		}()
	}
	for range 8 {
		if !<-done {
			t.Error("got another encoding in another goroutine, want the same")
		}
	}
}
