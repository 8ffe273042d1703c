// Package natstest starts NATS servers for tests.
package natstest

import (
	"testing"

	"callfn/internal/await"

	"github.com/nats-io/nats-server/v2/server"
)

// Start starts a NATS server with JetStream in this process, with its data in dir, and stops it with the test. port is
// -1 for a free one.
func Start(t testing.TB, dir string, port int) *server.Server {
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
