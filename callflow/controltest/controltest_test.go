package controltest

import (
	"testing"
)

func TestCasesParse(t *testing.T) {
	cases, err := load()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.name] {
			t.Errorf("%s: two cases are called %q, want different names", c.file, c.name)
		}
		seen[c.name] = true
		for _, l := range c.lines {
			if _, err := parseOptions(l.command[1:]); err != nil && l.command[0] != "heard" {
				t.Errorf("%s:%d: got error %v, want options", c.file, l.number, err)
			}
		}
	}
}
