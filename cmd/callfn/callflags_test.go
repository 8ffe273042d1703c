package main

import (
	"strings"
	"testing"
)

// Parameters of a pretend call that are given twice, differently, or without a name are refused before anything is
// sent.
func TestContradictingCallFlags(t *testing.T) {
	p := program{env: map[string]string{"CALLFN_SERVER": "http://127.0.0.1:1", "CALLFN_API_KEY": testKey}}
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"call", "--to=1000", "--param=To=2000"}, exitUsage, "--to 1000 and --param To=2000: give one of them"},
		{[]string{"call", "--to=1000", "--param=To=1000"}, exitUnreachable, "cannot reach"},
		{[]string{"functions", "run", "--file=-", "--param=To=1000"}, exitUnreachable, "cannot reach"},
		{[]string{"call"}, exitUsage, "missing flags: --to=NUMBER"},
		{[]string{"call", "--to=1", "--param==x"}, exitUsage, "--param =x: want a name before the ="},
		{[]string{"functions", "run", "f"}, exitUsage, "missing flags: --to=NUMBER, or --like=RUN"},
		{[]string{"functions", "run", "--to=1"}, exitUsage, "either a function's id or a draft"},
		{
			[]string{"functions", "run", "f", "--to=1", "--caller-id-name=Ann", "--param=Caller-ID-Name=Bob"},
			exitUsage,
			"--caller-id-name Ann and --param Caller-ID-Name=Bob: give one of them",
		},
		{[]string{"serve", "--workers", "-1"}, exitUsage, "--workers -1: a value that begins with - stands behind a ="},
	} {
		code, out, errs := p.run(t, tc.args...)
		if code != tc.code || !strings.Contains(errs, tc.want) {
			t.Errorf("%q: got code %d, %s%s, want code %d and %q", tc.args, code, out, errs, tc.code, tc.want)
		}
	}
}
