package schemas_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/jsonvalue"
	"callfn/internal/jsonvalue/jsonvaluetest"
	"callfn/schemas"
)

// For any schema and value, mostly ones that resemble what the schema wants: the argument stays unchanged, a valid
// value comes back complete (completing it again changes nothing), and an invalid one gives well-formed errors.
func TestValidateProperties(t *testing.T) {
	set := load(t)
	docs := map[string]map[string]any{}
	for _, name := range set.Names() {
		docs[name] = document(t, set, name)
	}
	valid := 0
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.SampledFrom(set.Names()), rapid.Just("callflows.action")).Draw(t, "schema")
		value := drawFor(t, set, docs, name, docs[name], 5)
		before := jsonvalue.Copy(value)

		out, errs := set.Validate(name, value)
		if diff := cmp.Diff(before, value); diff != "" {
			t.Fatalf("argument was changed (-want +got):\n%s", diff)
		}
		if (out == nil) == (errs == nil) && value != nil {
			t.Fatalf("got %v and %v, want either a value or errors", out, errs)
		}
		checkErrors(t, errs)
		if errs == nil {
			valid++
			again, errs := set.Validate(name, out)
			if errs != nil {
				t.Fatalf("a completed value: got %v, want it valid", errs)
			}
			if diff := cmp.Diff(out, again); diff != "" {
				t.Fatalf("completed twice, want the same (-once +twice):\n%s", diff)
			}
			if _, errs := set.ValidateStrict(name, out); errs != nil {
				t.Fatalf("a cast value: got %v, want it strictly valid", errs)
			}
		}
		if _, strict := set.ValidateStrict(name, value); strict == nil && errs != nil {
			t.Fatalf("a strictly valid value: got %v, want it valid", errs)
		}
		if _, twice := set.Validate(name, value); encode(t, errs) != encode(t, twice) {
			t.Fatalf("got two lists of errors, want the same from run to run:\n%s\n%s", encode(t, errs), encode(t, twice))
		}
		for _, w := range set.Warnings(name, value) {
			if w.Message == "" {
				t.Fatalf("got the warning %+v, want a message", w)
			}
		}
	})
	if valid == 0 {
		t.Error("got not one valid value, want some: else the generator proves nothing")
	}
}

func checkErrors(t *rapid.T, errs schemas.FieldErrors) {
	if errs != nil && len(errs) == 0 {
		t.Fatal("got empty errors, want nil")
	}
	for path, at := range errs {
		if len(at) == 0 {
			t.Fatalf("%q: got no violation, want one", path)
		}
		for validator, v := range at {
			if validator == "" || v.Message() == "" {
				t.Fatalf("%q: got %q %v, want a validator and a message", path, validator, v)
			}
		}
	}
}

// drawFor draws a value that a schema might accept: usually of the right type, with the right keys, sometimes not.
func drawFor(t *rapid.T, set *schemas.Set, docs map[string]map[string]any, name string, s map[string]any,
	depth int,
) any {
	if depth <= 0 || rapid.IntRange(0, 11).Draw(t, "stray") == 0 {
		return jsonvaluetest.Value(2).Draw(t, "any")
	}
	if ref, ok := s["$ref"].(string); ok {
		return drawFor(t, set, docs, ref, docs[ref], depth-1)
	}
	for _, word := range []string{"allOf", "oneOf", "anyOf"} {
		if branches, ok := s[word].([]any); ok {
			return drawFor(t, set, docs, name, rapid.SampledFrom(branches).Draw(t, word).(map[string]any), depth)
		}
	}
	if enum, ok := s["enum"].([]any); ok {
		return rapid.SampledFrom(enum).Draw(t, "enum")
	}
	switch s["type"] {
	case "object":
		return drawObject(t, set, docs, name, s, depth)
	case "array":
		items, _ := s["items"].(map[string]any)
		list := []any{}
		for range rapid.IntRange(0, 2).Draw(t, "length") {
			list = append(list, drawFor(t, set, docs, name, items, depth-1))
		}
		return list
	case "integer", "number":
		return rapid.OneOf(jsonvaluetest.Number().AsAny(), rapid.SampledFrom([]any{"5", "-2.5", "+1", "1.0e2", "x"})).Draw(t,
			"number")
	case "boolean":
		return rapid.SampledFrom([]any{true, false, "true", "false", "yes"}).Draw(t, "boolean")
	case "string":
		return rapid.OneOf(rapid.SampledFrom([]string{
			"en-US", "http://a.example/", "0123456789abcdef0123456789abcdef",
			"acme.example",
		}), rapid.String()).Draw(t, "string")
	default:
		return jsonvaluetest.Value(2).Draw(t, "free")
	}
}

func drawObject(t *rapid.T, set *schemas.Set, docs map[string]map[string]any, name string, s map[string]any,
	depth int,
) any {
	obj := map[string]any{}
	required, _ := s["required"].([]any)
	each(s["properties"], func(k string, p map[string]any) {
		if slices.Contains(required, any(k)) || rapid.IntRange(0, 2).Draw(t, "has "+k) == 0 {
			obj[k] = drawFor(t, set, docs, name, p, depth-1)
		}
	})
	each(s["patternProperties"], func(_ string, p map[string]any) {
		for _, k := range rapid.SliceOfN(rapid.SampledFrom([]string{"_", "1", "2", "a.b", "X-A"}), 0, 2).Draw(t, "keys") {
			obj[k] = drawFor(t, set, docs, name, p, depth-1)
		}
	})
	if name == "callflows.action" && s["_id"] == name && rapid.IntRange(0, 5).Draw(t, "known module") > 0 {
		module := rapid.SampledFrom(set.Modules()).Draw(t, "module")
		obj["module"] = module
		obj["data"] = drawFor(t, set, docs, "callflows."+module, docs["callflows."+module], depth-1)
	}
	if rapid.IntRange(0, 5).Draw(t, "extra") == 0 {
		obj[jsonvaluetest.Key().Draw(t, "key")] = jsonvaluetest.Value(2).Draw(t, "extra")
	}
	return obj
}

// FuzzResult treats bytes like a function's result: it decodes and validates them.
func FuzzResult(f *testing.F) {
	for _, seed := range []string{
		`{"module":"tts","data":{"text":"hi"}}`, `{"module":"audio_macro","data":{"macros":[{"macro":"tone"}]}}`,
		`{"module":"resources","data":{"custom_sip_headers":{"in":{"A":"b"}}},"children":{"":{"module":1}}}`,
		`{"module":"sleep","data":{"duration":"1.0e400"}}`, `{"children":{"~/%2F":{}}}`, `[]`, `null`,
	} {
		f.Add([]byte(seed))
	}
	set, err := schemas.Load()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jsonvalue.Decode(data, jsonvalue.Limits{})
		if err != nil {
			return
		}
		out, errs := set.Validate("callflows.action", v)
		set.Warnings("callflows.action", v)
		if errs != nil {
			_ = errs.Error()
			return
		}
		if again, errs := set.Validate("callflows.action", out); errs != nil || encode(t, again) != encode(t, out) {
			t.Fatalf("%s: got %s (%v) at the second completion, want %s as at the first",
				data, encode(t, again), errs, encode(t, out))
		}
	})
}
