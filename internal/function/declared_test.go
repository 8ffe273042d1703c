package function_test

import (
	"encoding/json"
	"strings"
	"testing"

	"callfn/internal/bindings"
	"callfn/internal/function"
)

// A save warns of names that are not there, but for those that the function declares.
func TestDeclaredNamesAreThere(t *testing.T) {
	r := drafter(t)
	for declared, want := range map[string]string{
		"": "env kv http run zebra", `{"env":{"A":"b"}}`: "kv http zebra", `{"std":true}`: "env kv http zebra",
		`{"env":{"A":"b"},"kv":{"scope":"account"},"http":{"hosts":["a.example"]}}`: "zebra",
	} {
		d, err := bindings.Parse(json.RawMessage(declared))
		if err != nil {
			t.Fatal(err)
		}
		_, warnings, err := r.CheckSyntax(t.Context(), "a", "return [env.A, kv.get, http.get, run.id, zebra]")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range function.WithoutDeclared(warnings, d.Names()) {
			if name, _, absent := strings.Cut(w.Message, " is not there"); absent {
				got = append(got, strings.Trim(name, "`"))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("bindings %q: got warnings of %q, want of %s", declared, got, want)
		}
	}
}
