package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
)

// The haproxy configuration of docs/operations.md is valid and works as described: one of three nodes hangs, and soon
// every request is answered, including those that wait for that node.
func TestTheHaproxyConfiguration(t *testing.T) {
	haproxy, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("haproxy is not here: install it (Debian: haproxy) and run the test again")
	}
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```haproxy\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("got no haproxy configuration in docs/operations.md, want one")
	}
	hang := make(chan struct{})
	node := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }
	config := string(block[1])
	for i := range 3 {
		h := node
		if i == 1 {
			h = func(http.ResponseWriter, *http.Request) { <-hang }
		}
		s := httptest.NewServer(http.HandlerFunc(h))
		t.Cleanup(s.Close)
		config = strings.Replace(config, fmt.Sprintf("10.0.0.%d:5984", i+1), s.Listener.Addr().String(), 1)
	}
	t.Cleanup(func() { close(hang) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	config = strings.Replace(config, "127.0.0.1:5984", address, 1)
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(haproxy, "-c", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: got %s, want no error", err, out)
	}
	cmd := exec.Command(haproxy, "-f", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	client := &http.Client{Timeout: 10 * time.Second}
	get := func() (time.Duration, error) {
		begun := time.Now()
		resp, err := client.Get("http://" + address + "/db/doc")
		if err == nil {
			_ = resp.Body.Close()
		}
		return time.Since(begun), err
	}
	await.True(t, "haproxy", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	for range 3 { // one of them goes to the hanging node
		if took, err := get(); err != nil || took > 5*time.Second {
			t.Errorf("%v after %s, want an answer once the node is known to hang", err, took)
		}
	}
	for range 9 {
		if took, err := get(); err != nil || took > time.Second {
			t.Errorf("%v after %s, want an answer at once from the nodes that are up", err, took)
		}
	}
}
