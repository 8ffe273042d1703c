package workload

import (
	"testing"
)

// What is told of a function must be so: the figures are published under its name.
func TestSizes(t *testing.T) {
	f, ok := Named("json_64k")
	if n := len(f.Params()["Custom-Application-Vars[order]"]); !ok || n < 60<<10 || n > 68<<10 {
		t.Errorf("got JSON of %d bytes, want about 64 KiB", n)
	}
	if _, ok := Named("nonesuch"); ok {
		t.Error("got a function nonesuch, want none")
	}
}
