package schemas_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"callfn/schemas"
)

// One row for every validator key of docs/reference/kazoo.md#validation-errors that a schema can raise, and for the
// rules about paths.
func TestErrorShapes(t *testing.T) {
	tests := []struct{ name, schema, value, want string }{
		{
			"required, one entry each", `{"type":"object","required":["name","function_js"]}`, `{}`,
			`{"name":{"required":{"message":"Field is required but missing","value":"name"}},
			  "function_js":{"required":{"message":"Field is required but missing","value":"function_js"}}}`,
		},
		{
			"required, deeper", `{"properties":{"a":{"properties":{"b":{"required":["c"]}}}}}`, `{"a":{"b":{"d":1}}}`,
			`{"a.b.c":{"required":{"message":"Field is required but missing","value":"c"}}}`,
		},
		{
			"type", `{"properties":{"n":{"type":"string"}}}`, `{"n":{"x":1}}`,
			`{"n":{"type":{"message":"Value did not match type(s): string","target":"string","value":{"x":1}}}}`,
		},
		{
			"type, null is no string", `{"properties":{"n":{"type":"string"}}}`, `{"n":null}`,
			`{"n":{"type":{"message":"Value did not match type(s): string","target":"string","value":null}}}`,
		},
		{
			"type, several", `{"properties":{"n":{"type":["string","integer"]}}}`, `{"n":true}`,
			`{"n":{"type":{"message":"Value did not match type(s): string, integer","target":"string, integer","value":true}}}`,
		},
		{
			"type, at the root", `{"type":"object"}`, `[]`,
			`{"":{"type":{"message":"Value did not match type(s): object","target":"object","value":[]}}}`,
		},
		{
			"type and enum", `{"properties":{"n":{"type":"string","enum":["a"]}}}`, `{"n":5}`,
			`{"n":{"type":{"message":"Value did not match type(s): string","target":"string","value":5},
			       "enum":{"message":"Value not found in enumerated list of values","target":["a"],"value":5}}}`,
		},
		{
			"minLength", `{"properties":{"n":{"minLength":2}}}`, `{"n":"é"}`,
			`{"n":{"minLength":{"message":"String must be at least 2 characters","target":2,"value":"é","cause":"é"}}}`,
		},
		{
			"maxLength", `{"properties":{"n":{"maxLength":2}}}`, `{"n":"abc"}`,
			`{"n":{"maxLength":{"message":"String must not be more than 2 characters","target":2,"value":"abc",` +
				`"cause":"abc"}}}`,
		},
		{
			"enum", `{"properties":{"n":{"enum":["a",1]}}}`, `{"n":"b"}`,
			`{"n":{"enum":{"message":"Value not found in enumerated list of values","target":["a",1],"value":"b"}}}`,
		},
		{
			"enum and what else is wrong", `{"properties":{"n":{"enum":["a"],"format":"email","minLength":2}}}`, `{"n":"b"}`,
			`{"n":{"enum":{"message":"Value not found in enumerated list of values","target":["a"],"value":"b"},
			       "wrong_format":{"message":"Field is not in the correct format","value":"b","format":"email"},
			       "minLength":{"message":"String must be at least 2 characters","target":2,"value":"b","cause":"b"}}}`,
		},
		{
			"enum and what is wrong inside", `{"properties":{"o":{"enum":[1],"properties":{"a":{"enum":[1],"minLength":2}}}}}`,
			`{"o":{"a":"b"}}`,
			`{"o":{"enum":{"message":"Value not found in enumerated list of values","target":[1],"value":{"a":"b"}}},
			  "o.a":{"enum":{"message":"Value not found in enumerated list of values","target":[1],"value":"b"},
			         "minLength":{"message":"String must be at least 2 characters","target":2,"value":"b","cause":"b"}}}`,
		},
		{
			"minimum", `{"properties":{"n":{"minimum":-1.5}}}`, `{"n":-2}`,
			`{"n":{"minimum":{"message":"Value must be at least -1.5","target":-1.5,"value":-2}}}`,
		},
		{
			"minimum, exclusive", `{"properties":{"n":{"minimum":1,"exclusiveMinimum":true}}}`, `{"n":1}`,
			`{"n":{"minimum":{"message":"Value must be more than 1","target":1,"value":1}}}`,
		},
		{
			"maximum", `{"properties":{"n":{"maximum":12345678901234567890}}}`, `{"n":12345678901234567891}`,
			`{"n":{"maximum":{"message":"Value must be at most 12345678901234567890","target":12345678901234567890,` +
				`"value":12345678901234567891}}}`,
		},
		{
			"maximum, exclusive", `{"properties":{"n":{"maximum":1,"exclusiveMaximum":true}}}`, `{"n":1}`,
			`{"n":{"maximum":{"message":"Value must be less than 1","target":1,"value":1}}}`,
		},
		{
			"integer out of range and broken", `{"properties":{"n":{"type":"integer","maximum":2}}}`, `{"n":2.5}`,
			`{"n":{"type":{"message":"Value did not match type(s): integer","target":"integer","value":2.5},
			       "maximum":{"message":"Value must be at most 2","target":2,"value":2.5}}}`,
		},
		{
			"minItems", `{"properties":{"n":{"minItems":1}}}`, `{"n":[]}`,
			`{"n":{"minItems":{"message":"The list must have at least 1 items","target":1,"value":[]}}}`,
		},
		{
			"maxItems", `{"properties":{"n":{"maxItems":1}}}`, `{"n":[1,2]}`,
			`{"n":{"maxItems":{"message":"The list is more than 1 items","target":1,"value":[1,2]}}}`,
		},
		{
			"minProperties", `{"properties":{"n":{"minProperties":1}}}`, `{"n":{}}`,
			`{"n":{"minProperties":{"message":"The object must have at least 1 keys","target":1,"value":{}}}}`,
		},
		{
			"uniqueItems", `{"properties":{"n":{"uniqueItems":true}}}`, `{"n":[{"a":1,"b":2},{"b":2,"a":1}]}`,
			`{"n":{"uniqueItems":{"message":"List of items is not unique","value":[{"a":1,"b":2},{"b":2,"a":1}]}}}`,
		},
		{
			"additionalProperties", `{"properties":{"o":{"properties":{"a":{}},"patternProperties":{"^x":{}},` +
				`"additionalProperties":false}}}`, `{"o":{"a":1,"x1":1,"b":2,"c.d":3}}`,
			`{"o.b":{"additionalProperties":{"message":` +
				`"Strict checking of data is enabled; only include schema-defined properties",` +
				`"value":{"a":1,"x1":1,"b":2,"c.d":3}}},` +
				`"o.c%2Ed":{"additionalProperties":{"message":` +
				`"Strict checking of data is enabled; only include schema-defined properties",` +
				`"value":{"a":1,"x1":1,"b":2,"c.d":3}}}}`,
		},
		{
			"additionalItems", `{"properties":{"n":{"items":[{}],"additionalItems":false}}}`, `{"n":[1,2]}`,
			`{"n":{"additionalItems":{"message":"Strict checking of data is enabled; only include schema-defined items",` +
				`"value":[1,2]}}}`,
		},
		{
			"pattern", `{"properties":{"n":{"pattern":"^[a-z]+$"}}}`, `{"n":"A"}`,
			`{"n":{"pattern":{"message":"Failed to match pattern '^[a-z]+$'","target":"^[a-z]+$","value":"A"}}}`,
		},
		{
			"wrong_format", `{"properties":{"n":{"format":"email"}}}`, `{"n":"nobody"}`,
			`{"n":{"wrong_format":{"message":"Field is not in the correct format","value":"nobody","format":"email"}}}`,
		},
		{
			"dependencies", `{"properties":{"o":{"dependencies":{"a":["b","c"]}}}}`, `{"o":{"a":1}}`,
			`{"o":{"dependencies":{"message":"Dependencies were not validated","value":{"a":1}}}}`,
		},
		{
			"oneOf, none", `{"properties":{"n":{"oneOf":[{"type":"boolean"},{"type":"string"}]}}}`, `{"n":5}`,
			`{"n":{"not_one_schema_valid":{"message":"failed to validate","value":5}}}`,
		},
		{
			"oneOf, two", `{"properties":{"n":{"oneOf":[{"type":"integer"},{"type":"number"}]}}}`, `{"n":5}`,
			`{"n":{"not_one_schema_valid":{"message":"failed to validate","value":5}}}`,
		},
		{
			"anyOf", `{"properties":{"n":{"anyOf":[{"type":"boolean"},{"type":"string","minLength":9}]}}}`, `{"n":"x"}`,
			`{"n":{"any_schemas_not_valid":{"message":"failed to validate","value":"x"}}}`,
		},
		{
			"allOf reports what is inside", `{"properties":{"n":{"allOf":[{"minLength":2},{"pattern":"^a"}]}}}`, `{"n":"b"}`,
			`{"n":{"minLength":{"message":"String must be at least 2 characters","target":2,"value":"b","cause":"b"},
			       "pattern":{"message":"Failed to match pattern '^a'","target":"^a","value":"b"}}}`,
		},
		{
			"not", `{"properties":{"n":{"not":{"type":"string"}}}}`, `{"n":"x"}`,
			`{"n":{"not_schema_valid":{"message":"failed to validate","value":"x"}}}`,
		},
		{
			"maxProperties", `{"properties":{"n":{"maxProperties":0}}}`, `{"n":{"a":1}}`,
			`{"n":{"too_many_properties":{"message":"failed to validate","value":{"a":1}}}}`,
		},
		{
			"multipleOf", `{"properties":{"n":{"multipleOf":2}}}`, `{"n":3}`,
			`{"n":{"not_multiple_of":{"message":"failed to validate","value":3}}}`,
		},
		{
			"path: index from 0, dots, slashes, tildes, percent",
			`{"additionalProperties":{"items":{"additionalProperties":{"type":"string"}}}}`,
			`{"a.b":["skip",{"~/%2F é":1}]}`,
			`{"a%2Eb.1.~/%2F é":{"type":{"message":"Value did not match type(s): string","target":"string","value":1}}}`,
		},
		{
			"property names that look like keywords",
			`{"properties":{"properties":{"properties":{"required":{"type":"string"},"0":{"type":"string"}}}}}`,
			`{"properties":{"required":[],"0":[]}}`,
			`{"properties.required":{"type":{"message":"Value did not match type(s): string","target":"string","value":[]}},
			  "properties.0":{"type":{"message":"Value did not match type(s): string","target":"string","value":[]}}}`,
		},
		{
			"several places and validators at once", `{"required":["a"],"properties":{"b":{"minLength":3,"pattern":"^z"},` +
				`"c":{"items":{"enum":[1]}}}}`,
			`{"b":"y","c":[1,2]}`,
			`{"a":{"required":{"message":"Field is required but missing","value":"a"}},
			  "b":{"minLength":{"message":"String must be at least 3 characters","target":3,"value":"y","cause":"y"},
			       "pattern":{"message":"Failed to match pattern '^z'","target":"^z","value":"y"}},
			  "c.1":{"enum":{"message":"Value not found in enumerated list of values","target":[1],"value":2}}}`,
		},
		{
			"through $ref", `{"properties":{"n":{"$ref":"#/definitions/short"}},"definitions":{"short":{"maxLength":1}}}`,
			`{"n":"ab"}`,
			`{"n":{"maxLength":{"message":"String must not be more than 1 characters","target":1,"value":"ab","cause":"ab"}}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := compile(t, map[string]string{"test": tt.schema})
			out, errs := set.ValidateStrict("test", decode(t, tt.value))
			if out != nil {
				t.Errorf("with errors: got the value %v, want none", out)
			}
			if diff := cmp.Diff(decode(t, tt.want), decode(t, encode(t, errs))); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	set := compile(t, map[string]string{
		"email": `{"format":"email"}`, "date-time": `{"format":"date-time"}`, "ipv4": `{"format":"ipv4"}`,
		"ipv6": `{"format":"ipv6"}`,
		"uri":  `{"format":"uri"}`, "hostname": `{"format":"hostname"}`, "made-up": `{"format":"made-up"}`,
	})
	tests := []struct {
		format, value string
		ok            bool
	}{
		{"email", `"a@b"`, true},
		{"email", `"a b@c.example"`, true},
		{"email", `"a@b@c"`, false},
		{"email", `""`, false},
		{"email", `5`, true},
		{"date-time", `"2026-11-21T08:01:00Z"`, true},
		{"date-time", `"yesterday"`, false},
		{"ipv4", `"10.0.0.1"`, true},
		{"ipv4", `"10.0.0"`, false},
		{"ipv6", `"::1"`, true},
		{"ipv6", `"x"`, false},
		{"uri", `"no uri at all"`, true},
		{"hostname", `"-"`, true},
		{"made-up", `"x"`, true}, // KAZOO ignores these
	}
	for _, tt := range tests {
		if _, errs := set.Validate(tt.format, decode(t, tt.value)); (errs == nil) != tt.ok || !tt.ok &&
			!errs.Has("", "wrong_format") {
			t.Errorf("%s %s: %v, want ok %v", tt.format, tt.value, errs, tt.ok)
		}
	}
}

func TestUnknownSchema(t *testing.T) {
	out, errs := load(t).Validate("no_such", map[string]any{})
	if want := `{"schema":{"schema":{"message":"schema not found","schema":"no_such"}}}`; out != nil ||
		encode(t, errs) != want {
		t.Errorf("got %v, %s, want no value and %s", out, encode(t, errs), want)
	}
}

func TestCompileRefuses(t *testing.T) {
	for name, doc := range map[string]string{
		"broken JSON":       `{`,
		"no schema":         `{"type":"strin"}`,
		"a missing $ref":    `{"$ref":"nowhere"}`,
		"a $ref to a file":  `{"$ref":"file:///etc/hostname"}`,
		"a broken pattern":  `{"pattern":"("}`,
		"an endless $ref":   `{"$ref":"test"}`,
		"an unknown $ref 2": `{"properties":{"a":{"$ref":"https://schemas.example/x"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := schemas.Compile(fstest.MapFS{"test.json": {Data: []byte(doc)}}); err == nil {
				t.Errorf("%s: got it compiled, want it refused", doc)
			}
		})
	}
}

func compile(t testing.TB, docs map[string]string) *schemas.Set {
	t.Helper()
	dir := fstest.MapFS{}
	for name, doc := range docs {
		dir[name+".json"] = &fstest.MapFile{Data: []byte(doc)}
	}
	set, err := schemas.Compile(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Documents that refer to each other without end are refused. The library only notices this during validation.
func TestCompileRefusesEndlessReferences(t *testing.T) {
	for name, docs := range map[string]map[string]string{
		"two documents":   {"a": `{"$ref":"b"}`, "b": `{"$ref":"a"}`},
		"through allOf":   {"a": `{"allOf":[{"$ref":"b"}]}`, "b": `{"anyOf":[{"$ref":"a"}]}`},
		"through not":     {"a": `{"not":{"$ref":"b"}}`, "b": `{"oneOf":[{"$ref":"a"}]}`},
		"by dependencies": {"a": `{"dependencies":{"x":{"$ref":"b"}}}`, "b": `{"$ref":"a"}`},
	} {
		dir := fstest.MapFS{}
		for file, doc := range docs {
			dir[file+".json"] = &fstest.MapFile{Data: []byte(doc)}
		}
		if _, err := schemas.Compile(dir); err == nil {
			t.Errorf("%s: compiled, want it refused", name)
		}
	}
}
