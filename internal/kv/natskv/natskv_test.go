package natskv_test

import (
	"context"
	"testing"

	"callfn/internal/await"
	"callfn/internal/kv"
	"callfn/internal/kv/kvtest"
	"callfn/internal/kv/natskv"
	"callfn/internal/kv/natskv/natstest"
)

// open opens an engine and waits until it can be used.
func open(t testing.TB, url string) *natskv.Engine {
	t.Helper()
	e, err := natskv.Open(natskv.Config{URL: url, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	await.Value(t, "a store that answers", func() (string, bool) {
		err := e.Ping(context.Background())
		if err != nil {
			return err.Error(), false
		}
		return "", true
	})
	return e
}

func TestEngine(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Engine { return open(t, natstest.Start(t, t.TempDir(), -1).ClientURL()) })
}
