package natskv_test

import (
	"context"
	"testing"

	"callfn/internal/await"
	"callfn/internal/kv"
	"callfn/internal/kv/kvtest"
	"callfn/internal/kv/natskv"

	"github.com/nats-io/nats-server/v2/server"
)

// startServer starts a NATS server with JetStream in this process. port is -1 for a free one.
func startServer(t testing.TB, dir string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(await.Patience) {
		t.Fatal("got no NATS server that is ready, want one")
	}
	return s
}

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
	kvtest.Run(t, func(t *testing.T) kv.Engine { return open(t, startServer(t, t.TempDir(), -1).ClientURL()) })
}
