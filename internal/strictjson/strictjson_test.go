package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"callfn/internal/strictjson"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCompact(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{` { "a" : [ 1 , 2.50 , -0 ] , "b" : null } `, `{"a":[1,2.50,-0],"b":null}`},
		{"[]", "[]"},
		{"{ }", "{}"},
		{`"\u00e9 \ud83d\ude00 é"`, `"\u00e9 \ud83d\ude00 é"`},
		{`{"":{"":{}}}`, `{"":{"":{}}}`},
		{"1e308", "1e308"},
	} {
		got, err := strictjson.Compact(nil, []byte(c.in), 10)
		if err != nil || string(got) != c.want {
			t.Errorf("Compact(%s) = %s, %v; want %s", c.in, got, err, c.want)
		}
	}
}

func TestCompactRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "unexpected end"},
		{"trailing text", "{} x", "text after"},
		{"open object", `{"a":1`, "expected"},
		{"open string", `"abc`, "unterminated"},
		{"open escape", `"abc\`, "unterminated"},
		{"missing colon", `{"a" 1}`, "':'"},
		{"trailing comma", `[1,]`, "unexpected character"},
		{"duplicate", `{"a":1,"b":2,"a":3}`, `duplicate member "a"`},
		{"duplicate by escape", `{"a":1,"\u0061":3}`, `duplicate member "a"`},
		{"duplicate below", `[{"x":{"k":1,"k":1}}]`, `duplicate member "k"`},
		{"bad UTF-8", "\"\xff\"", "invalid UTF-8"},
		{"bad UTF-8 in a name", "{\"\xc3\":1}", "invalid UTF-8"},
		{"lone high surrogate", `"\ud83d"`, "surrogate"},
		{"lone low surrogate", `"\ude00"`, "surrogate"},
		{"high with a letter", `"\ud83dx\u0041"`, "surrogate"},
		{"control character", "\"a\nb\"", "control character"},
		{"unknown escape", `"\x41"`, "unknown escape"},
		{"short escape", `"\u12"`, "bad \\u"},
		{"leading zero", `01`, "text after"},
		{"bare minus", `-`, "bad number"},
		{"no fraction", `1.`, "bad number"},
		{"no exponent", `1e`, "bad number"},
		{"huge", `1e999`, "out of range"},
		{"literal", `nul`, "unexpected character"},
		{"depth", strings.Repeat("[", 11) + strings.Repeat("]", 11), "too deeply"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := strictjson.Compact(nil, []byte(c.in), 10)
			var e *strictjson.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v; want an *Error with %q", err, c.want)
			}
		})
	}
}

func TestManyMembersStillFindDuplicates(t *testing.T) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range 100 {
		b.Write(strictjson.AppendString(nil, strings.Repeat("k", i+1)))
		b.WriteString(":1,")
	}
	ok := b.String() + `"last":1}`
	if _, err := strictjson.Compact(nil, []byte(ok), 3); err != nil {
		t.Fatal(err)
	}
	for _, dup := range []string{"k", strings.Repeat("k", 17), strings.Repeat("k", 99)} {
		if _, err := strictjson.Compact(nil, []byte(b.String()+`"`+dup+`":1}`), 3); err == nil {
			t.Errorf("a second %q: got no error, want one", dup)
		}
	}
}

func TestWalk(t *testing.T) {
	obj := []byte(`{"a":"x\"}\\","b":[1,{"c":[]},"]"],"\u00e9\n":null,"z":-1.5}`)
	var got []string
	for _, m := range strictjson.Members(obj) {
		got = append(got, m.Name+" "+string(m.Value))
	}
	want := []string{`a "x\"}\\"`, `b [1,{"c":[]},"]"]`, "é\n null", "z -1.5"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("mismatch (-want +got):\n%s", d)
	}
	if got := strictjson.Elements(strictjson.Get(obj, "b")); len(got) != 3 || string(got[1]) != `{"c":[]}` {
		t.Errorf("got the elements %q, want three, with {\"c\":[]} second", got)
	}
	if strictjson.Get(obj, "nope") != nil {
		t.Error("got a member nope, want none")
	}
}

// Whatever any string is, its literal reads back as that string (as UTF-8), here and in encoding/json.
func TestStringsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		lit := strictjson.AppendString(nil, s)
		if _, err := strictjson.Compact(nil, lit, 1); err != nil {
			t.Fatal(err)
		}
		var std string
		if err := json.Unmarshal(lit, &std); err != nil || std != s || strictjson.Unquote(lit) != s {
			t.Fatalf("%s: got %q of encoding/json, %q unquoted; want %q of both", lit, std, strictjson.Unquote(lit), s)
		}
		quoted, _ := json.Marshal(s)
		if strictjson.Unquote(quoted) != s {
			t.Fatalf("%s: got %q unquoted, want %q", quoted, strictjson.Unquote(quoted), s)
		}
	})
}

// Everything accepted here must be JSON to encoding/json, mean the same there, and come out as a fixed point.
func FuzzCompact(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,2,{"b":"\ud83d\ude00"}],"c":1e5}`, `[[[]]]`, `"\u0000"`, `{"a":1,"a":2}`,
		`-0.0e-1`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := strictjson.Compact(nil, in, 50)
		if err != nil {
			return
		}
		var a, b any
		if err := json.Unmarshal(in, &a); err != nil {
			t.Fatalf("got %q taken, want it refused as by encoding/json: %v", in, err)
		}
		if err := json.Unmarshal(out, &b); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, b); d != "" {
			t.Fatalf("compact, want the same (-whole +compact):\n%s", d)
		}
		again, err := strictjson.Compact(nil, out, 50)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("got %q, error %v; want %q again", again, err, out)
		}
		switch strictjson.KindOf(out) {
		case strictjson.Object:
			if n := len(strictjson.Members(out)); n != len(b.(map[string]any)) {
				t.Fatalf("%s: got %d members, want %d", out, n, len(b.(map[string]any)))
			}
		case strictjson.Array:
			if n := len(strictjson.Elements(out)); n != len(b.([]any)) {
				t.Fatalf("%s: got %d elements, want %d", out, n, len(b.([]any)))
			}
		}
	})
}
