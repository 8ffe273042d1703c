package schemas_test

import (
	"testing"

	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

func load(t testing.TB) *schemas.Set {
	t.Helper()
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// failer has the common methods of *testing.T and *rapid.T.
type failer interface {
	Helper()
	Fatal(...any)
}

// decode reads test input, which unlike hostile input may have any depth.
func decode(t testing.TB, text string) any {
	t.Helper()
	v, err := jsonvalue.Decode([]byte(text), jsonvalue.Limits{Depth: 100_000, Bytes: 1 << 26, Values: 1 << 24})
	if err != nil {
		t.Fatalf("test input %.80s: got %v, want JSON", text, err)
	}
	return v
}

func encode(t failer, v any) string {
	t.Helper()
	b, err := jsonvalue.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
