package couchnode_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"callfn/internal/couchnode/couchtest"
)

// CALLFN_TEST_COUCHDB_URL is the address of an Apache CouchDB with an administrator's name and password in it. The
// suite makes databases named callfn-test-… there and removes them.
func TestContractCouchDB(t *testing.T) {
	url := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if url == "" {
		t.Skip("skipped: the contract against a real Apache CouchDB. To run it: " +
			"CALLFN_TEST_COUCHDB_URL=http://admin:password@127.0.0.1:5984 go test -run TestContractCouchDB ./internal/couchnode")
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	url = strings.TrimSuffix(url, "/")
	name := "couchdb"
	if blocksEval(t, url) {
		name = "couchdb-no-eval"
	}
	couchtest.Run(t, couchtest.Peer{Name: name, Client: &http.Client{}, BaseURL: url, Settles: true})
}

// blocksEval tries `new Function` in a show.
func blocksEval(t *testing.T, url string) bool {
	t.Helper()
	db := url + "/callfn-test-eval"
	call(t, http.DefaultClient, "DELETE", db, nil)
	mustCall(t, http.DefaultClient, "PUT", db, nil)
	defer call(t, http.DefaultClient, "DELETE", db, nil)
	mustCall(t, http.DefaultClient, "PUT", db+"/_design/d", map[string]any{
		"shows": map[string]any{"s": "function () { try { return new Function('return \"made\"')(); } catch (e) { return 'blocked'; } }"},
	})
	resp, err := http.Get(db + "/_design/d/_show/s")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "made" && string(body) != "blocked" {
		t.Fatalf("%d %s %v", resp.StatusCode, body, err)
	}
	return string(body) == "blocked"
}

func TestContractPouchDBServer(t *testing.T) {
	couchtest.Run(t, couchtest.Peer{Name: "pouchdb-server", Client: &http.Client{}, BaseURL: startPouchDBServer(t), AnyReason: true})
}

// startPouchDBServer starts pouchdb-server in memory on a free port, ends it with the test, and skips the test where
// there is none.
func startPouchDBServer(t *testing.T) (url string) {
	t.Helper()
	script := os.Getenv("CALLFN_POUCHDB_SERVER")
	node, err := exec.LookPath("node")
	if script == "" || err != nil {
		t.Skip("skipped: pouchdb-server as an independent peer. To run it, with Node.js installed: " +
			"npm install --prefix DIR pouchdb-server@4.2.0, then " +
			"CALLFN_POUCHDB_SERVER=DIR/node_modules/.bin/pouchdb-server go test ./internal/couchnode")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	cmd := exec.Command(node, script, "--in-memory", "--host", "127.0.0.1", "--port", port)
	cmd.Dir = t.TempDir()
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard // it prints every request, and every error of a map function
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
func awaitHTTP(t *testing.T, url string, atMost time.Duration) {
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
