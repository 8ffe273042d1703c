package schemas_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Defaults and casts, on small schemas.
func TestCompletes(t *testing.T) {
	tests := []struct{ name, schema, value, want string }{
		{
			"scalars, lists and objects", `{"properties":{"s":{"type":"string","default":"x"},"l":{"type":"array",` +
				`"default":[1]},"o":{"type":"object","default":{}},"f":{"type":"boolean","default":false}}}`,
			`{}`, `{"s":"x","l":[1],"o":{},"f":false}`,
		},
		{"what is there stays", `{"properties":{"s":{"type":"string","default":"x"},"n":{"default":5,"type":["integer",` +
			`"null"]}}}`, `{"s":"","n":null}`, `{"s":"","n":null}`},
		{
			"a default inside a default",
			`{"properties":{"o":{"type":"object","default":{},"properties":{"n":{"type":"integer","default":1}}}}}`, `{}`,
			`{"o":{"n":1}}`,
		},
		{"no default inside an absent object", `{"properties":{"o":{"type":"object","properties":{"n":{"type":"integer",` +
			`"default":1}}}}}`, `{}`, `{}`},
		{"a default needs a type", `{"properties":{"n":{"default":5}}}`, `{}`, `{}`},
		{"a default of the wrong type is none", `{"properties":{"n":{"type":"string","default":5}}}`, `{}`, `{}`},
		{"a default null is none", `{"properties":{"n":{"type":["string","null"],"default":null}}}`, `{}`, `{}`},
		{
			"a default of one of several types", `{"properties":{"n":{"type":["string","integer"],"default":5}}}`, `{}`,
			`{"n":5}`,
		},
		{
			"a default satisfies required", `{"required":["n"],"properties":{"n":{"type":"integer","default":5}}}`, `{}`,
			`{"n":5}`,
		},
		{
			"items", `{"properties":{"l":{"items":{"properties":{"n":{"type":"integer","default":1}}}}}}`,
			`{"l":[{},{"n":2},"x"]}`, `{"l":[{"n":1},{"n":2},"x"]}`,
		},
		{
			"items by place", `{"properties":{"l":{"items":[{},{"properties":{"n":{"type":"integer","default":1}}}]}}}`,
			`{"l":[{},{},{}]}`, `{"l":[{},{"n":1},{}]}`,
		},
		{
			"patternProperties", `{"patternProperties":{"^x":{"properties":{"n":{"type":"integer","default":1}}}}}`,
			`{"x1":{},"y":{}}`, `{"x1":{"n":1},"y":{}}`,
		},
		{
			"additionalProperties, not for those declared", `{"properties":{"own":{}},"patternProperties":{"^x":{}},` +
				`"additionalProperties":{"properties":{"n":{"type":"integer","default":1}}}}`,
			`{"own":{},"x1":{},"y":{}}`, `{"own":{},"x1":{},"y":{"n":1}}`,
		},
		{
			"$ref in a circle", `{"properties":{"next":{"$ref":"#"},"n":{"type":"integer","default":1}}}`,
			`{"next":{"next":{}}}`, `{"n":1,"next":{"n":1,"next":{"n":1}}}`,
		},
		{"allOf", `{"allOf":[{"properties":{"a":{"type":"integer","default":1}}},{"properties":{"b":{"type":"integer",` +
			`"default":2}}}]}`, `{}`, `{"a":1,"b":2}`},
		{
			"oneOf: the branch that fits", `{"oneOf":[{"properties":{"k":{"enum":["a"]},"n":{"type":"integer","default":1}}},` +
				`{"properties":{"k":{"enum":["b"]},"n":{"type":"integer","default":2}}}],"required":["k"]}`,
			`{"k":"b"}`, `{"k":"b","n":2}`,
		},
		{"anyOf: the first branch that fits", `{"anyOf":[{"properties":{"n":{"type":"integer","default":1}}},` +
			`{"properties":{"n":{"type":"integer","default":2}}}]}`, `{}`, `{"n":1}`},
		{
			"casts in lists and maps",
			`{"properties":{"l":{"items":{"type":"integer"}}},"additionalProperties":{"type":"boolean"}}`,
			`{"l":["1",2,"3.5"],"a.b":"true"}`, `{"l":[1,2,4],"a.b":true}`,
		},
		{"a cast at the root", `{"type":"integer"}`, `"5"`, `5`},
		{"a cast where the enum fails along", `{"properties":{"n":{"type":"integer","enum":[1,2]}}}`, `{"n":"2"}`, `{"n":2}`},
		{
			"a cast that lets a branch fit",
			`{"properties":{"n":{"type":"integer"}},"oneOf":[{"properties":{"n":{"type":"integer"},"d":{"type":"string",` +
				`"default":"x"}},"required":["d"]},{"properties":{"n":{"type":"boolean"}}}]}`,
			`{"n":"5"}`, `{"n":5,"d":"x"}`,
		},
		{"integers are written plainly", `{"properties":{"n":{"type":"integer"},"m":{"type":"number"},` +
			`"l":{"items":{"type":"integer"}}}}`, `{"n":5.0,"m":5.0,"l":[1e2],"x":5.0}`, `{"n":5,"m":5.0,"l":[100],"x":5.0}`},
		{"nothing to do", `{}`, `[null,true,"x",{"a":[]}]`, `[null,true,"x",{"a":[]}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := compile(t, map[string]string{"test": tt.schema})
			value := decode(t, tt.value)
			got, errs := set.Validate("test", value)
			if errs != nil {
				t.Fatalf("got %v, want no errors", errs)
			}
			if diff := cmp.Diff(decode(t, tt.want), got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(decode(t, tt.value), value); diff != "" {
				t.Errorf("argument was changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCastsOnlyWhatFailsByTypeAlone(t *testing.T) {
	tests := []struct{ name, schema, value, want string }{
		{
			"another failure at the same place",
			`{"properties":{"n":{"type":"integer"}},"allOf":[{"properties":{"n":{"minLength":5}}}]}`, `{"n":"5"}`,
			"minLength type",
		},
		{
			"another failure before it",
			`{"properties":{"n":{"minLength":5}},"allOf":[{"properties":{"n":{"type":"integer"}}}]}`, `{"n":"5"}`,
			"minLength type",
		},
		{"several types", `{"properties":{"n":{"type":["integer","boolean"]}}}`, `{"n":"5"}`, "type"},
		{
			"inside oneOf", `{"properties":{"n":{"oneOf":[{"type":"integer"},{"type":"boolean"}]}}}`, `{"n":"5"}`,
			"not_one_schema_valid",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, errs := compile(t, map[string]string{"test": tt.schema}).Validate("test", decode(t, tt.value))
			got := ""
			for _, validator := range []string{"minLength", "not_one_schema_valid", "type"} {
				if errs.Has("n", validator) {
					got += " " + validator
				}
			}
			if got != " "+tt.want {
				t.Errorf("got%s, want %s", got, tt.want)
			}
		})
	}
}
