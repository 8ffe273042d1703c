package jsonvalue_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/jsonvalue"
)

func TestDecodeAccepts(t *testing.T) {
	for in, want := range map[string]any{
		`null`:                     nil,
		` true `:                   true,
		`"a\u0062"`:                "ab",
		`123456789012345678901234`: json.Number("123456789012345678901234"),
		`1e308`:                    json.Number("1e308"),
		`{}`:                       map[string]any{},
		`[]`:                       []any{},
		`{"a":[1,{"b":null}],"__proto__":{"module":"hangup"}}`: map[string]any{
			"a":         []any{json.Number("1"), map[string]any{"b": nil}},
			"__proto__": map[string]any{"module": "hangup"},
		},
		`"cut \ud83d emoji"`: "cut \ufffd emoji",
		`"\u0000"`:           "\x00",
	} {
		t.Run(in, func(t *testing.T) {
			got, err := jsonvalue.Decode([]byte(in), jsonvalue.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := []struct {
		name, in string
		limits   jsonvalue.Limits
		want     string
		tooLarge bool
	}{
		{name: "nothing", in: ``, want: "json: ends too early, around byte 0"},
		{name: "cut short", in: `{"a":`, want: "json: ends too early at a, around byte 5"},
		{name: "cut in a string", in: `{"a":"x`, want: "json: ends too early at a, around byte 7"},
		{name: "two values", in: `{} {}`, want: "json: a second value after the first, around byte 4"},
		{name: "text after", in: `{} x`, want: "json: invalid character 'x' after top-level value, around byte 3"},
		{name: "unquoted key", in: `{a:1}`, want: "json: invalid character 'a' looking for beginning of object key string, " +
			"around byte 1"},
		{name: "trailing comma", in: `[1,]`, want: "json: invalid character ']' looking for beginning of value at 1, " +
			"around byte 3"},
		{name: "trailing comma in object", in: `{"a":1,}`, want: "json: invalid character '}' looking for beginning of " +
			"object key string, around byte 7"},
		{name: "mismatched brackets", in: `[1}`, want: "json: invalid character '}' after array element, around byte 2"},
		{name: "duplicate key", in: `{"a":{"b":1,"c":2,"b":3}}`, want: `json: key "b" stands twice at a, around byte 21`},
		{
			name: "duplicate key spelt differently", in: `{"a":1,"\u0061":2}`,
			want: `json: key "a" stands twice, around byte 15`,
		},
		{name: "dot in path", in: `{"a.b":[{"c":1,"c":2}]}`, want: `json: key "c" stands twice at a%2Eb.0, around byte 18`},
		{name: "bad UTF-8", in: "{\"a\":\"\xff\"}", want: "json: not valid UTF-8, around byte 6"},
		{name: "surrogate as bytes", in: "\"\xed\xa0\x80\"", want: "json: not valid UTF-8, around byte 1"},
		{name: "byte order mark", in: "\xef\xbb\xbf{}", want: "json: starts with a byte order mark; send plain UTF-8, " +
			"around byte 0"},
		{name: "control character", in: "\"a\nb\"", want: "json: invalid character '\\n' in string literal, around byte 2"},
		{name: "huge exponent", in: `{"n":1e1000000000}`, want: "json: exponent beyond ±400 at n, around byte 17"},
		{name: "tiny exponent", in: `1e-401`, want: "json: exponent beyond ±400, around byte 6"},
		{name: "endless number", in: strings.Repeat("9", 401), want: "json: number longer than 400 characters, around " +
			"byte 401"},
		{name: "NaN", in: `NaN`, want: "json: invalid character 'N' looking for beginning of value, around byte 0"},
		{name: "too deep", in: deep(101), want: "json: nested deeper than 100 levels at " + strings.Repeat("0.", 99) +
			"0, around byte 101", tooLarge: true},
		{
			name: "a long path is cut in the middle", in: strings.Repeat(`{"children":`, 101),
			want: "json: nested deeper than 100 levels at " +
				strings.Repeat("children.", 12)[:100] + "…" + strings.Repeat(".children", 12)[8:] + ", around byte 1201",
			tooLarge: true,
		},
		{
			name: "own depth", in: `{"a":{"b":{}}}`, limits: jsonvalue.Limits{Depth: 2},
			want: "json: nested deeper than 2 levels at a.b, around byte 11", tooLarge: true,
		},
		{
			name: "too many values", in: `[1,2,3]`, limits: jsonvalue.Limits{Values: 3},
			want: "json: more than 3 values at 2, around byte 6", tooLarge: true,
		},
		{
			name: "too long", in: `[1,2,3]`, limits: jsonvalue.Limits{Bytes: 6}, want: "json: more than 6 bytes, around byte 6",
			tooLarge: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := jsonvalue.Decode([]byte(tt.in), tt.limits)
			var e *jsonvalue.Error
			if !errors.As(err, &e) {
				t.Fatalf("got value %v, error %v; want *Error", got, err)
			}
			if e.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", e, tt.want)
			}
			if e.TooLarge != tt.tooLarge {
				t.Errorf("TooLarge: got %v, want %v", e.TooLarge, tt.tooLarge)
			}
		})
	}
}

func TestDecodeDepthAtTheLimit(t *testing.T) {
	if _, err := jsonvalue.Decode([]byte(strings.Repeat("[", 100)+strings.Repeat("]", 100)),
		jsonvalue.Limits{}); err != nil {
		t.Error(err)
	}
}

func TestReadStopsAtTheLimit(t *testing.T) {
	r := strings.NewReader(strings.Repeat(" ", 100))
	if _, err := jsonvalue.Read(r, jsonvalue.Limits{Bytes: 10}); err == nil {
		t.Error("a body of 100 bytes: got it passed, want it refused by the limit of 10")
	}
	if r.Len() != 89 {
		t.Errorf("%d bytes left unread, want 89", r.Len())
	}
	broken := errors.New("connection reset")
	if _, err := jsonvalue.Read(&failing{broken}, jsonvalue.Limits{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's own error", err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzDecode checks that encoding/json accepts whatever Decode accepts, without a lost key: writing the value and
// reading it again gives the same value.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e3,{"b":null}]}`, `"\ud800"`, `{"a":1,"a":2}`, "\xff", `[[[[]]]]`, `-0.0e-0`,
		`1e999`, `{"":""}`, `[1,]`, `{}{}`,
	} {
		f.Add([]byte(seed))
	}
	limits := jsonvalue.Limits{Depth: 20, Values: 200}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jsonvalue.Decode(data, limits)
		if err != nil {
			var e *jsonvalue.Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(data)) {
				t.Fatalf("got %#v, want an *Error within the input", err)
			}
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q: got it accepted, want it refused as encoding/json does", data)
		}
		out, err := jsonvalue.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := jsonvalue.Decode(out, jsonvalue.Limits{})
		if err != nil {
			t.Fatalf("%q read back: got %v, want it read", out, err)
		}
		if diff := cmp.Diff(v, again); diff != "" {
			t.Fatalf("read back, want the same (-first +second):\n%s", diff)
		}
		if twice, _ := jsonvalue.Encode(again); !bytes.Equal(out, twice) {
			t.Fatalf("written again: got %q, want %q", twice, out)
		}
	})
}
