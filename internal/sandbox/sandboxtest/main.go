// Package sandboxtest gives tests real worker processes. A test binary serves as its own worker; under the race
// detector a worker is built beside it without.
package sandboxtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"callfn/internal/sandbox"
)

// workerEnv tells the tests of this process where the worker built for them is.
const workerEnv = "CALLFN_TEST_WORKER"

// Main is a TestMain: it serves as a worker when the binary was started as one, else it runs the tests.
//
//	func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }
func Main(m *testing.M) int {
	if len(os.Args) > 1 && os.Args[1] == sandbox.WorkerCommand {
		return sandbox.WorkerMain(os.Stdin, os.Stdout, os.Stderr)
	}
	if RaceDetector && os.Getenv(workerEnv) == "" {
		dir, err := os.MkdirTemp("", "callfn-worker-")
		if err == nil {
			defer func() { _ = os.RemoveAll(dir) }()
			err = build(filepath.Join(dir, "worker"))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "sandboxtest:", err)
			return 1
		}
	}
	return m.Run()
}

// build makes a worker without the race detector and remembers where it is.
func build(path string) error {
	out, err := exec.Command("go", "build", "-o", path, "callfn/internal/sandbox/worker").CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return os.Setenv(workerEnv, path)
}

// Command starts a worker for this test binary.
func Command(t testing.TB) sandbox.Command {
	t.Helper()
	if path := os.Getenv(workerEnv); path != "" {
		return sandbox.Command{Path: path}
	}
	self, err := sandbox.Self()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// Pool starts a pool of workers and closes it with the test.
func Pool(t testing.TB, workers int) *sandbox.Pool {
	t.Helper()
	p, err := sandbox.NewPool(sandbox.Config{Command: Command(t), Workers: workers, Queue: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}
