package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// gate is a writer that blocks until it is opened.
type gate struct {
	open chan struct{}
	got  bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	return g.got.Write(p)
}

// A caller waits at most once for a reader that stopped reading. Dropped lines are counted, the others arrive in order.
func TestLogWriterWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		var dropped int64
		u := newUnblockedWriter(g, func(n int64) { dropped += n })
		start := time.Now()
		const all = logLines + 100
		for i := range all {
			_, _ = fmt.Fprintf(u, "line %d\n", i)
		}
		if took := time.Since(start); took != logWait {
			t.Errorf("%d lines to a reader that does not read took %v; want %v, the patience with the first", all, took, logWait)
		}
		close(g.open)
		synctest.Wait()
		_, _ = fmt.Fprintln(u, "the last")
		u.close()
		lines := strings.Split(strings.TrimSuffix(g.got.String(), "\n"), "\n")
		if int64(len(lines))+dropped != all+1 || dropped == 0 || lines[0] != "line 0" || lines[1] != "line 1" ||
			lines[len(lines)-1] != "the last" {
			t.Errorf("%d lines arrived, from %q to %q, and %d were told dropped; want %d together", len(lines), lines[0],
				lines[len(lines)-1], dropped, all+1)
		}
	})
}

// While the reader reads, a line is written when its call of Write returns.
func TestLogWriterIsCurrent(t *testing.T) {
	var out bytes.Buffer
	u := newUnblockedWriter(&out, func(int64) {})
	_, _ = fmt.Fprintln(u, "now")
	if out.String() != "now\n" {
		t.Errorf("after the write the log has %q; want it to be there", out.String())
	}
	u.close()
}

// A closed writer stops even if its reader never reads.
func TestLogWriterEndsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		u := newUnblockedWriter(g, func(int64) {})
		_, _ = fmt.Fprintln(u, "stuck")
		u.close()
		close(g.open) // for the writer's goroutine
	})
}

// The service answers and stops even if nobody reads its log any more.
func TestServiceGoesOnWithABlockedLog(t *testing.T) {
	cmd, lines := startUnit(t, unit{exec: []string{"callfn", "serve", "--data=" + t.TempDir(), "--listen=127.0.0.1:0"}})
	url := ""
	for url == "" && lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), `"url":"`); ok {
			url, _, _ = strings.Cut(after, `"`)
		}
	}
	if url == "" {
		t.Fatal("got no start while nobody reads the log, want one")
	}
	client := &http.Client{Timeout: 10 * time.Second}
	id := strings.Repeat("x", 120) // a header that is logged
	for i := range 1500 {          // some 300 bytes a line: a pipe holds 64 KiB
		req, err := http.NewRequest(http.MethodGet, url+"/v2/schemas/functions", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Request-ID", id)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatalf("request %d while nobody reads the log: %v; want an answer", i, err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() { ended <- waitOnly(cmd.Process) }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("stopping with a blocked log: %v; want exit code 0", err)
		}
	case <-time.After(15 * time.Second):
		t.Error("got no stop while nobody reads the log, want one")
	}
}

// waitOnly waits for a process without closing its pipes.
func waitOnly(p *os.Process) error {
	state, err := p.Wait()
	if err == nil && !state.Success() {
		return &exec.ExitError{ProcessState: state}
	}
	return err
}
