package couchtest

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// StartPouchDBServer starts pouchdb-server in memory on a free port and stops it at the end of the test. It skips the
// test where there is none.
func StartPouchDBServer(t testing.TB) (url string) {
	t.Helper()
	script := os.Getenv("CALLFN_POUCHDB_SERVER")
	node, err := exec.LookPath("node")
	if script == "" || err != nil {
		t.Skip("skipped: pouchdb-server as an independent peer. To run it, with Node.js installed: " +
			"npm install --prefix DIR pouchdb-server@4.2.0, then " +
			"CALLFN_POUCHDB_SERVER=DIR/node_modules/.bin/pouchdb-server go test ./...")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	cmd := exec.Command(node, script, "--in-memory", "--host", "127.0.0.1", "--port", port)
	cmd.Dir = t.TempDir()
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard // it prints every request and every error of a map function
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	url = "http://127.0.0.1:" + port
	awaitHTTP(t, url, 30*time.Second)
	return url
}

// awaitHTTP waits until a server answers.
func awaitHTTP(t testing.TB, url string, atMost time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), atMost)
	defer cancel()
	for {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v", url, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
