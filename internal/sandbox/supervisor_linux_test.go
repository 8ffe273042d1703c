package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// holdPool is a supervisor that the test kills. It holds two workers, keeps one busy in a native loop for os.Args[2]
// milliseconds, and reports on stdout.
func holdPool() int {
	ms, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return 2
	}
	cmd := sandbox.Command{Path: os.Getenv("CALLFN_TEST_WORKER")}
	if cmd.Path == "" {
		if cmd, err = sandbox.Self(); err != nil {
			return 2
		}
	}
	pool, err := sandbox.NewPool(sandbox.Config{Command: cmd, Workers: 2})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	defer pool.Close()
	for {
		if free, all := pool.Workers(); free == all {
			break
		}
		time.Sleep(time.Millisecond) // both are up
	}
	ended := make(chan sandbox.Answer)
	go func() {
		raw, _ := json.Marshal(map[string]string{"js": nativeLoop})
		a, _ := pool.Do(context.Background(), sandbox.Job{
			Kind: sandbox.KindShow, Run: "spin", Source: show, Doc: raw,
			Req: json.RawMessage(`{}`), Limits: sandbox.Limits{Deadline: time.Duration(ms) * time.Millisecond},
		})
		ended <- a
	}()
	for {
		if free, _ := pool.Workers(); free == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Println("holding")
	a := <-ended
	fmt.Println(a.Outcome)
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	return 0
}

// children lists the processes whose parent is pid and that are not dead yet.
func children(t *testing.T, pid int) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if state, parent := stat(child); parent == pid && state != "Z" {
			pids = append(pids, child)
		}
	}
	return pids
}

// stat is a process's state and parent; "" when there is no such process.
func stat(pid int) (state string, parent int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name before it may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return "", 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return fields[0], parent
}

// supervise starts a process that holds a pool with one worker in a native loop of that many milliseconds.
func supervise(t *testing.T, ms int) (cmd *exec.Cmd, said *bufio.Scanner, workers []int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return superviseFrom(t, self, ms)
}

func superviseFrom(t *testing.T, binary string, ms int) (cmd *exec.Cmd, said *bufio.Scanner, workers []int) {
	t.Helper()
	cmd = exec.Command(binary, "hold-pool", strconv.Itoa(ms))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	said = bufio.NewScanner(stdout)
	if !said.Scan() || said.Text() != "holding" {
		t.Fatalf("the supervisor says %q, want %q", said.Text(), "holding")
	}
	workers = children(t, cmd.Process.Pid)
	if len(workers) != 2 {
		t.Fatalf("the supervisor has workers %v, want two", workers)
	}
	return cmd, said, workers
}

func gone(t *testing.T, pids []int, want int, within time.Duration) {
	t.Helper()
	limit := time.Now().Add(within)
	for {
		alive := 0
		for _, pid := range pids {
			if state, _ := stat(pid); state != "" && state != "Z" {
				alive++
			}
		}
		if alive <= len(pids)-want {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("%d of the workers %v live on after %v, want %d gone", alive, pids, within, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A killed supervisor takes its workers along, the idle one and the one in a native loop.
func TestWorkersDieWithTheirSupervisor(t *testing.T) {
	cmd, _, workers := supervise(t, 5000)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	gone(t, workers, 2, 2*time.Second)
}

// Workers are of the supervisor's own version, also when its file was replaced by another's meanwhile: an upgrade in
// place.
func TestWorkersAfterAnUpgrade(t *testing.T) {
	if os.Getenv("CALLFN_TEST_WORKER") != "" {
		t.Skip("workers have a binary of their own under the race detector: run without -race")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "callfn")
	if err := os.WriteFile(file, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd, said, before := superviseFrom(t, file, 100)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if !said.Scan() || said.Text() != string(runs.Timeout) {
		t.Fatalf("the supervisor says %q, want %q", said.Text(), runs.Timeout)
	}
	gone(t, before, 1, 5*time.Second)
	workers := func() (n int) {
		for _, pid := range children(t, cmd.Process.Pid) {
			if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && strings.HasSuffix(string(line),
				sandbox.WorkerCommand+"\x00") && !strings.HasPrefix(string(line), "/bin/sh") {
				n++
			}
		}
		return n
	}
	await.True(t, "another worker in place of the one that was killed", func() bool { return workers() >= 2 })
}

// A stopped supervisor kills no worker: the overrunning worker ends itself, and the run is reported as a timeout once
// the supervisor continues.
func TestStoppedSupervisor(t *testing.T) {
	cmd, said, workers := supervise(t, 300)
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	gone(t, workers, 1, 5*time.Second)
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if !said.Scan() || said.Text() != string(runs.Timeout) {
		t.Errorf("the run ended as %q, want %q", said.Text(), runs.Timeout)
	}
}

// Workers that only lose their input, as on kernels without parent-death signals, notice also while the engine spins.
func TestWorkerNoticesTheEndOfItsInput(t *testing.T) {
	c := sandboxtest.Command(t)
	cmd := exec.Command(c.Path, c.Args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if err := sandbox.AwaitReady(r); err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(map[string]string{"js": nativeLoop})
	err = sandbox.WriteJob(in, sandbox.Job{
		Kind: sandbox.KindShow, Run: "spin", Source: show, Doc: raw,
		Req: json.RawMessage(`{}`), Limits: sandbox.Limits{Deadline: runs.MaxDeadline},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_ = cmd.Wait()
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("the worker lived on for %v, want it to end at once", took)
	}
}
