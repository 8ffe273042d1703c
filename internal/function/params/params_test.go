package params

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFlatten(t *testing.T) {
	cases := []struct {
		name string
		in   string
		want map[string]string
	}{
		{
			"scalars", `{"A":"x y","N":5,"F":1.5,"T":true,"Z":false,"E":""}`,
			map[string]string{"A": "x y", "N": "5", "F": "1.5", "T": "true", "Z": "false", "E": ""},
		},
		{"large whole numbers keep their digits", `{"N":14158867900}`, map[string]string{"N": "14158867900"}},
		{
			"KAZOO's own example", `{"A":"x y","N":5,"O":{"p":{"q":"é"}},"L":["1","2"],"E":{}}`,
			map[string]string{"A": "x y", "N": "5", "O[p][q]": "é", "L[0]": "1", "L[1]": "2", "L[]": "2"},
		},
		{"empty containers and null contribute nothing", `{"O":{},"L":[],"N":null,"M":[null]}`, map[string]string{}},
		{"objects in arrays", `{"L":[{"a":1},"x"]}`, map[string]string{"L[0][a]": "1", "L[1]": "x", "L[]": "x"}},
		{
			"brackets in a name are no structure", `{"H":{"A][B":"1","A":{"B":"2"}}}`,
			map[string]string{"H[A%5D%5BB]": "1", "H[A][B]": "2"},
		},
		{
			"a name cannot pose as a member", `{"H[X]":"forged","H":{"X":"real"}}`,
			map[string]string{"H%5BX%5D": "forged", "H[X]": "real"},
		},
		{
			"nor as an escaped one", `{"H%5BX%5D":"forged","H[X]":"other"}`,
			map[string]string{"H%255BX%255D": "forged", "H%5BX%5D": "other"},
		},
		{
			"odd names are plain data", `{"O":{"__proto__":"p","constructor":"c","":"e"}}`,
			map[string]string{"O[__proto__]": "p", "O[constructor]": "c", "O[]": "e"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var in map[string]any
			if err := json.Unmarshal([]byte(c.in), &in); err != nil {
				t.Fatal(err)
			}
			got, err := Flatten(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("flat map (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFlattenReplacesBrokenUTF8(t *testing.T) {
	got, err := Flatten(map[string]any{"a\xff": "b\xfe"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a\uFFFD": "b\uFFFD"}, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestFlattenRefusesWhatWouldExplode(t *testing.T) {
	wide := map[string]any{}
	for i := range 2000 {
		wide[strings.Repeat("x", i%7)+string(rune('a'+i%26))+strings.Repeat("y", i)] = "v"
	}
	empties := map[string]any{}
	for name := range wide {
		empties[name] = map[string]any{}
	}
	deep := map[string]any{"leaf": "v"}
	for range MaxDepth + 1 {
		deep = map[string]any{"d": deep}
	}
	for name, in := range map[string]map[string]any{
		"wide below a long name":          {strings.Repeat("n", 10000): wide},
		"empty objects below a long name": {strings.Repeat("n", 10000): empties}, "deep": deep,
	} {
		t.Run(name, func(t *testing.T) {
			var tooLarge *TooLargeError
			if _, err := Flatten(in); !errors.As(err, &tooLarge) {
				t.Fatalf("got %v, want a TooLargeError", err)
			}
			if len(tooLarge.Error()) > 400 {
				t.Errorf("got a message of %d bytes, want at most 400: it repeats the input", len(tooLarge.Error()))
			}
		})
	}
}

func TestEncode(t *testing.T) {
	flat := map[string]string{"O[p][q]": "é", "A": "x y", "Z&Account-ID": "forged=1#+%"}
	want := "A=x+y&O%5Bp%5D%5Bq%5D=%C3%A9&Z%26Account-ID=forged%3D1%23%2B%25"
	if got := Encode(flat); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDecode(t *testing.T) {
	got, err := Decode("L[]=1&L[]=2&&a=+%2B")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"L[]": "2", "a": " +"}, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if _, err := Decode("a=%zz"); err == nil {
		t.Error("a broken escape: got no error, want one")
	}
}

// Whatever the names and values, encoding loses nothing and invents nothing.
func TestEncodeRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flat := rapid.MapOf(anyString(), anyString()).Draw(t, "flat")
		back, err := Decode(Encode(flat))
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(flat, back) {
			t.Fatalf("got %q back, want %q", back, flat)
		}
	})
}

// One parameter more never changes, adds or removes another one: no name can forge another.
func TestNoNameForgesAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		headers := rapid.MapOf(nastyName(), rapid.SampledFrom([]string{"real", "a&b=c"})).Draw(t, "headers")
		evil := nastyName().Draw(t, "evil name")
		where := rapid.SampledFrom([]string{"header", "top"}).Draw(t, "where")
		if _, taken := headers[evil]; taken {
			t.Skip("the evil name is one of the real ones")
		}
		base := map[string]any{"Account-ID": "acme", "Custom-SIP-Headers": anyMap(headers), "User-ID": []any{"u1", "u2"}}
		if _, taken := base[evil]; taken && where == "top" {
			t.Skip("replacing a whole parameter is the caller's choice")
		}
		before := sent(t, base)
		if where == "top" {
			base[evil] = "forged"
		} else {
			headers[evil] = "forged"
			base["Custom-SIP-Headers"] = anyMap(headers)
		}
		after := sent(t, base)
		if len(after) != len(before)+1 {
			t.Fatalf("%q: got %q, want one parameter more than %q", evil, after, before)
		}
		for name, value := range before {
			if after[name] != value {
				t.Fatalf("%q: got %q = %q, want %q as before", evil, name, after[name], value)
			}
		}
	})
}

func sent(t *rapid.T, structured map[string]any) map[string]string {
	flat, err := Flatten(structured)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(Encode(flat))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func anyMap(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func anyString() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		nastyName())
}

// nastyName joins pieces that mean something to some encoder on the way.
func nastyName() *rapid.Generator[string] {
	pieces := []string{
		"[", "]", "[]", "&", "=", "#", "+", "%", "%5B", "%25", "X", "0", "Account-ID", "Custom-SIP-Headers",
		"User-ID", ";", " ", "é",
	}
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 5),
		func(p []string) string { return strings.Join(p, "") })
}

func FuzzDecode(f *testing.F) {
	f.Add("a=1&b[]=2&c[d]=%C3%A9+")
	f.Add("%zz=1;=&&=")
	f.Fuzz(func(t *testing.T, query string) {
		flat, err := Decode(query)
		if err != nil {
			return
		}
		again, err := Decode(Encode(flat))
		if err != nil || !maps.Equal(flat, again) {
			t.Fatalf("%q: got %q, error %v; want %q again (names %q)", query, again, err, flat,
				slices.Sorted(maps.Keys(flat)))
		}
	})
}
