package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"callfn/internal/sandbox"
	"callfn/internal/testlog"
)

// childEnv makes this test binary a callfn. Its value is the path of the sandbox worker, or "self".
const childEnv = "CALLFN_TEST_BE_CALLFN"

// beChild runs the program as a process of its own, for tests that kill it.
func beChild(worker string) int {
	env := environment{args: os.Args[1:], getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	if worker != "self" {
		env.worker = sandbox.Command{Path: worker}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return run(ctx, env)
}

// child is a `callfn serve` in a process of its own.
type child struct {
	url string
	cmd *exec.Cmd
}

// startChild starts a child and waits until it is ready.
func startChild(t testing.TB, worker sandbox.Command, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	be := "self"
	if len(worker.Args) == 0 { // the binary is only a worker
		be = worker.Path
	}
	c := &child{cmd: exec.Command(self, append([]string{"serve", "--listen=127.0.0.1:0", "--log-format=json"},
		args...)...)}
	c.cmd.Env = []string{childEnv + "=" + be, "CALLFN_MASTER_API_KEY=" + testKey, "HOME=" + t.TempDir()}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that its workers are killed with it
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	ready := make(chan string, 1)
	var log testlog.Buffer
	go func() {
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			_, _ = log.Write(append(lines.Bytes(), '\n'))
			var event struct{ Msg, URL string }
			if json.Unmarshal(lines.Bytes(), &event) == nil && event.Msg == "callfn is ready" {
				ready <- event.URL
			}
		}
		close(ready)
	}()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the process's log:\n%s", log.String())
		}
	})
	select {
	case url, ok := <-ready:
		if !ok {
			t.Fatalf("got the end of the process, want it ready: %s", log.String())
		}
		c.url = url
	case <-time.After(30 * time.Second):
		t.Fatalf("after 30 s: got no address in the log, want the process ready: %s", log.String())
	}
	return c
}

// kill sends SIGKILL to the process and its workers.
func (c *child) kill() {
	if c.cmd.ProcessState == nil {
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
		_ = c.cmd.Wait()
	}
}
