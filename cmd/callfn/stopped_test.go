package main

import (
	"strings"
	"testing"
)

// A command that gets 404 because a module is stopped names the module and how to start it.
func TestCommandsNameTheStoppedModule(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	const start = "`callfn modules start functions`"
	if out := p.must(t, exitOK, "modules", "stop", "functions"); !strings.Contains(out, start) {
		t.Errorf("modules stop: got %s, want %s in it", out, start)
	}
	if out := p.must(t, exitFailed, "functions", "list"); !strings.Contains(out, "the module functions is stopped") ||
		!strings.Contains(out, start) {
		t.Errorf("functions list: got %s, want the stopped module and %s", out, start)
	}
	if out := p.must(t, exitOK, "callflows", "list"); strings.Contains(out, "stopped") {
		t.Errorf("callflows list: got %s, want no word about a stopped module", out)
	}
	p.must(t, exitOK, "modules", "start", "functions")
	p.must(t, exitOK, "functions", "list")
}
