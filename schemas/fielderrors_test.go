package schemas_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/schemas"
)

func TestFieldErrors(t *testing.T) {
	var errs schemas.FieldErrors
	if errs.Err() != nil {
		t.Errorf("no field errors: got %v, want nil", errs.Err())
	}
	errs.Add(schemas.Path("function_js"), "syntax", schemas.Violation{"message": "Unexpected token", "line": 3})
	errs.Add(schemas.Path("flow", "children", "a.b"), "forbidden", schemas.Violation{"message": "No"})
	var more schemas.FieldErrors
	more.Add("function_js", "maxLength", schemas.Violation{"message": "Too long"})
	more.Add("", "type", schemas.Violation{})
	errs.Merge(more)

	want := schemas.FieldErrors{
		"function_js":         {"syntax": {"message": "Unexpected token", "line": 3}, "maxLength": {"message": "Too long"}},
		"flow.children.a%2Eb": {"forbidden": {"message": "No"}},
		"":                    {"type": {}},
	}
	if diff := cmp.Diff(want, errs); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if got, want := errs.Err().Error(), "type; flow.children.a%2Eb: No; function_js: Too long; function_js: Unexpected "+
		"token"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var as schemas.FieldErrors
	if !errors.As(errs.Err(), &as) || !as.Has("function_js", "syntax") || as.Has("function_js", "type") {
		t.Errorf("through an error: got %v, want function_js refused by syntax", as)
	}
	under := errs.Under("data.0")
	if !under.Has("data.0", "type") || !under.Has("data.0.function_js", "syntax") || len(under) != 3 {
		t.Errorf("under a prefix: got %v, want both paths below data.0", under)
	}
	if diff := cmp.Diff(errs, errs.Under("")); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// Errors are logged, so they must not contain values: one may be a key or a PIN.
func TestErrorTextHoldsNoValues(t *testing.T) {
	set := load(t)
	_, errs := set.Validate("api_auth", map[string]any{"api_key": "secret", "secret-too": "secret"})
	if text := errs.Error(); strings.Contains(strings.ReplaceAll(text, "secret-too:", ""), "secret") {
		t.Errorf("got %s, want no value in it", text)
	}
}

func TestLongErrorLists(t *testing.T) {
	var errs schemas.FieldErrors
	for _, c := range "abcdefghijkl" {
		errs.Add(string(c), "error", schemas.Violation{"message": "wrong"})
	}
	if text := errs.Error(); !strings.HasSuffix(text, "j: wrong; and 2 more") {
		t.Errorf("got %q, want it to end with 2 more counted", text)
	}
}
