package main

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/service"
)

// Without flags, the service has service.Default with this machine's processors.
func TestServesDefaultConfig(t *testing.T) {
	var c cli
	w := program{}.environment(t, nil, nil)
	parser, err := newParser(&c, w.guarded())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve"}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Serve.config(w)
	if err != nil {
		t.Fatal(err)
	}
	want := service.Default()
	want.SecretFiles = []string{"", ""}
	want.Workers.Processes, want.Workers.Command = got.Workers.Processes, got.Workers.Command
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("the flags' defaults are not service.Default (-want +got):\n%s", diff)
	}
	if got.Workers.Processes < 2 {
		t.Errorf("got %d processes, want at least two", got.Workers.Processes)
	}
}
