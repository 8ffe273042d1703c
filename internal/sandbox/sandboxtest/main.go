// Package sandboxtest lets a test binary be its own sandbox worker, so that tests use real worker processes.
package sandboxtest

import (
	"os"
	"testing"

	"callfn/internal/sandbox"
)

// Main is a TestMain: it serves as a worker when the binary was started as one, else it runs the tests.
//
//	func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }
func Main(m *testing.M) int {
	if len(os.Args) > 1 && os.Args[1] == sandbox.WorkerCommand {
		return sandbox.WorkerMain(os.Stdin, os.Stdout, os.Stderr)
	}
	return m.Run()
}

// Pool starts a pool of workers of the test binary and closes it with the test.
func Pool(t testing.TB, workers int) *sandbox.Pool {
	t.Helper()
	self, err := sandbox.Self()
	if err != nil {
		t.Fatal(err)
	}
	p, err := sandbox.NewPool(sandbox.Config{Command: self, Workers: workers, Queue: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}
