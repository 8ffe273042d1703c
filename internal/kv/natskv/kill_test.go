package natskv_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"callfn/internal/await"
	"callfn/internal/kv"
	"callfn/internal/kv/kvtest"
	"callfn/internal/kv/natskv"

	"github.com/nats-io/nats-server/v2/server"
)

var kills = flag.Int("kills", 5, "how often the server is killed")

// Environment variables that make this test binary a NATS server, or a process that writes until it is killed.
const (
	serverEnv = "CALLFN_TEST_BE_NATS" // where it stores
	portEnv   = "CALLFN_TEST_PORT"
	writerEnv = "CALLFN_TEST_BE_WRITER" // the server's URL
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(serverEnv); dir != "" {
		port, _ := strconv.Atoi(os.Getenv(portEnv))
		s, err := server.NewServer(&server.Options{
			Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoLog: true,
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		s.Start()
		s.WaitForShutdown()
	}
	if url := os.Getenv(writerEnv); url != "" {
		e, err := natskv.Open(natskv.Config{URL: url, Replicas: 1})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		kvtest.Writer(kv.New(e, kv.Options{}), os.Getenv("ROUND"), os.Stdout)
	}
	os.Exit(m.Run())
}

// child starts this test binary as another process.
func child(t *testing.T, env ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c, out
}

// A server that is killed while processes write, and a process that is killed while it writes, lose nothing that was
// acknowledged.
func TestKill(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	dir, url := t.TempDir(), fmt.Sprintf("nats://127.0.0.1:%d", port)
	start := func() *exec.Cmd {
		c, _ := child(t, serverEnv+"="+dir, fmt.Sprintf("%s=%d", portEnv, port))
		return c
	}
	nats := start()
	e, err := natskv.Open(natskv.Config{URL: url, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	back := func() {
		t.Helper()
		await.Value(t, "a store that answers", func() (string, bool) {
			err := e.Ping(context.Background())
			return errorText(err), err == nil
		})
	}
	back()
	var told kvtest.Acknowledged
	for round := range *kills {
		writer, report := child(t, writerEnv+"="+url, fmt.Sprintf("ROUND=%d", round))
		var once sync.Once
		told.Read(report, 1+rand.IntN(400), func() {
			once.Do(func() {
				if round%2 == 0 {
					_ = nats.Process.Kill()
					_ = nats.Wait()
				}
				_ = writer.Process.Kill()
			})
		})
		_ = writer.Wait()
		if round%2 == 0 {
			nats = start()
		}
		back()
		told.Verify(t, kv.New(e, kv.Options{}))
	}
	t.Logf("%d kills, %d acknowledged increments", *kills, told.Incr)
}
