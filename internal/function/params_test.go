package function_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/function"
)

func TestEncodeParams(t *testing.T) {
	got := function.EncodeParams(map[string]string{
		"A": "x y", "O[p][q]": "é", "To&From": "a=b", "~-._": "~-._", "Bad": "\xff", "": "empty key",
	})
	want := "=empty+key&A=x+y&Bad=%EF%BF%BD&O%5Bp%5D%5Bq%5D=%C3%A9&To%26From=a%3Db&~-._=~-._"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParamsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flat := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "flat")
		encoded := function.EncodeParams(flat)
		got, err := function.DecodeParams(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(flat, got); diff != "" {
			t.Fatalf("%s\n%s", encoded, diff)
		}
		if n := strings.Count(encoded, "&"); len(flat) > 0 && n != len(flat)-1 {
			t.Fatalf("%d parameters became %d: %s", len(flat), n+1, encoded)
		}
	})
}

func FuzzDecodeParams(f *testing.F) {
	f.Add("To=1000&From=a%20b&bare&x=%zz")
	f.Fuzz(func(t *testing.T, encoded string) {
		params, err := function.DecodeParams(encoded)
		if err != nil {
			return
		}
		if _, err := function.DecodeParams(function.EncodeParams(params)); err != nil {
			t.Fatal(err)
		}
	})
}
