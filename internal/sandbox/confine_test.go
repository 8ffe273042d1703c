package sandbox_test

import (
	"runtime"
	"testing"

	"callfn/internal/sandbox/sandboxtest"
)

func TestConfinement(t *testing.T) {
	held := sandboxtest.Pool(t, 1).Confinement()
	t.Logf("%+v: %s", held, held)
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("workers are confined on linux/amd64 and linux/arm64 only; run this there")
	}
	if !held.Descriptors || !held.Rlimits || !held.User || !held.NoNewPrivs || !held.Seccomp {
		t.Errorf("workers run %s", held)
	}
}
