package jsonvalue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/jsonvalue"
	"callfn/internal/jsonvalue/jsonvaluetest"
)

func TestMerge(t *testing.T) {
	tests := []struct{ name, base, patch, want string }{
		{"adds and replaces", `{"a":1,"b":2}`, `{"b":3,"c":4}`, `{"a":1,"b":3,"c":4}`},
		{"null deletes", `{"a":1,"b":2}`, `{"b":null}`, `{"a":1}`},
		{"null for an absent key", `{"a":1}`, `{"b":null}`, `{"a":1}`},
		{"objects merge", `{"o":{"a":1,"b":{"c":2}}}`, `{"o":{"b":{"c":null,"d":3}}}`, `{"o":{"a":1,"b":{"d":3}}}`},
		{"an empty object changes nothing", `{"o":{"a":1}}`, `{"o":{}}`, `{"o":{"a":1}}`},
		{"arrays are replaced", `{"l":[1,2,3]}`, `{"l":[4]}`, `{"l":[4]}`},
		{"object replaces scalar", `{"a":1}`, `{"a":{"b":2}}`, `{"a":{"b":2}}`},
		{"scalar replaces object", `{"a":{"b":2}}`, `{"a":1}`, `{"a":1}`},
		{"null inside a new object", `{}`, `{"a":{"b":null,"c":1}}`, `{"a":{"c":1}}`},
		{"null already in base vanishes", `{"a":null,"o":{"b":null}}`, `{"c":1}`, `{"c":1,"o":{}}`},
		{"null in an array stays", `{}`, `{"l":[null,{"a":null}]}`, `{"l":[null,{"a":null}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base, patch, want := object(t, tt.base), object(t, tt.patch), object(t, tt.want)
			if diff := cmp.Diff(want, jsonvalue.Merge(base, patch)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(object(t, tt.base), base); diff != "" {
				t.Errorf("base changed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(object(t, tt.patch), patch); diff != "" {
				t.Errorf("patch changed (-want +got):\n%s", diff)
			}
		})
	}
}

// Applying a patch twice equals applying it once, and the result shares no object with its sources.
func TestMergeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, patch := jsonvaluetest.Object(4).Draw(t, "base"), jsonvaluetest.Object(4).Draw(t, "patch")
		before := jsonvalue.CopyObject(base)
		once := jsonvalue.Merge(base, patch)
		if diff := cmp.Diff(once, jsonvalue.Merge(once, patch)); diff != "" {
			t.Fatalf("merged twice, want the same (-once +twice):\n%s", diff)
		}
		scribble(once)
		if diff := cmp.Diff(before, base); diff != "" {
			t.Fatalf("result shares memory with base (-want +got):\n%s", diff)
		}
	})
}

func TestCopySharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := jsonvaluetest.Object(4).Draw(t, "value")
		want, _ := jsonvalue.Encode(v)
		c := jsonvalue.CopyObject(v)
		if diff := cmp.Diff(v, c); diff != "" {
			t.Fatalf("copy, want the same (-value +copy):\n%s", diff)
		}
		scribble(c)
		if got, _ := jsonvalue.Encode(v); string(got) != string(want) {
			t.Fatalf("scribbling on the copy changed the original: %s, was %s", got, want)
		}
	})
}

func TestEncodeIsCanonical(t *testing.T) {
	got, err := jsonvalue.Encode(object(t, `{"b":"<&>","a":[1.0,2e3,12345678901234567890],"":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"":null,"a":[1.0,2e3,12345678901234567890],"b":"<&>"}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := jsonvalue.Encode(make(chan int)); err == nil {
		t.Error("a channel: got it written as JSON, want it refused")
	}
}

// scribble overwrites every part of v that another value could share.
func scribble(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			scribble(e)
			v[k] = "scribbled"
		}
	case []any:
		for i, e := range v {
			scribble(e)
			v[i] = "scribbled"
		}
	}
}

func object(t testing.TB, text string) map[string]any {
	t.Helper()
	v, err := jsonvalue.Decode([]byte(text), jsonvalue.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}
