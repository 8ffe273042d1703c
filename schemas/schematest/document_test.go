package schematest_test

import (
	"encoding/json"
	"testing"

	"callfn/schemas/schematest"
)

func TestDocument(t *testing.T) {
	d, err := schematest.Read([]byte(`{"paths":{"/a/{id}":{"schema":{"$ref":"#/components/text"}}},
		"components":{"text":{"type":["string","null"],"maxLength":2},"broken":{"type":"strin"},
		"outside":{"$ref":"https://schemas.example/x"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		value any
		valid bool
	}{{"ab", true}, {nil, true}, {"abc", false}, {json.Number("1"), false}} {
		if err := d.Validate(tc.value, "paths", "/a/{id}", "schema"); (err == nil) != tc.valid {
			t.Errorf("%v: %v, want valid %v", tc.value, err, tc.valid)
		}
	}
	for _, name := range []string{"broken", "outside", "missing"} {
		if d.Compile("components", name) == nil {
			t.Errorf("%s: got it compiled, want it refused", name)
		}
	}
	if err := d.Compile("components", "text"); err != nil {
		t.Error(err)
	}
}
