package sandbox_test

import (
	"runtime"
	"testing"

	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// The log names the restrictions on the workers and what this kernel cannot restrict.
func TestConfinementSaysWhatIsMissing(t *testing.T) {
	all := sandbox.Confinement{Descriptors: true, Rlimits: true, User: true, NoNewPrivs: true, Landlock: 8, Seccomp: true}
	with := func(change func(*sandbox.Confinement)) sandbox.Confinement {
		c := all
		change(&c)
		return c
	}
	for want, c := range map[string]sandbox.Confinement{
		"full": all,
		"full; this kernel's landlock (version 5) cannot refuse signals to other processes, seccomp alone does": with(
			func(c *sandbox.Confinement) { c.Landlock = 5 }),
		"full; this kernel's landlock (version 3) cannot refuse TCP and signals to other processes, seccomp alone does": with(
			func(c *sandbox.Confinement) { c.Landlock = 3 }),
		"without landlock": with(func(c *sandbox.Confinement) { c.Landlock = 0 }),
		"without a user other than root, seccomp": with(func(c *sandbox.Confinement) {
			c.User, c.Seccomp, c.Landlock = false,
				false, 3
		}),
	} {
		if got := c.String(); got != want {
			t.Errorf("%+v is told as %q, want %q", c, got, want)
		}
	}
}

func TestConfinement(t *testing.T) {
	held := sandboxtest.Pool(t, 1).Confinement()
	t.Logf("%+v: %s", held, held)
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("workers are confined on linux/amd64 and linux/arm64 only; run this there")
	}
	if !held.Descriptors || !held.Rlimits || !held.User || !held.NoNewPrivs || !held.Seccomp {
		t.Errorf("workers run %s, want at most landlock missing", held)
	}
}
