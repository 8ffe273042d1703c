package boltkv_test

import (
	"path/filepath"
	"testing"

	"callfn/internal/kv"
	"callfn/internal/kv/boltkv"
	"callfn/internal/kv/kvtest"
)

func open(t testing.TB, path string) *boltkv.Engine {
	t.Helper()
	e, err := boltkv.Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestEngine(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Engine { return open(t, filepath.Join(t.TempDir(), "kv.db")) })
}
