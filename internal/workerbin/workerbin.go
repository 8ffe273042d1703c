// Package workerbin holds the program that sandbox workers run.
//
// A worker pays, each time one starts, for what every linked package does in init and for the memory that it keeps:
// jsonschema alone takes 3 ms and a megabyte. So shipped builds embed a program of their own for workers:
//
//	go generate ./internal/workerbin && go build -tags embedworker ./cmd/callfn
//
// A plain go build or go run needs no such step: there workers run this very program.
package workerbin

import (
	"fmt"
	"os"

	"callfn/internal/sandbox"
)

//go:generate go build -trimpath -ldflags "-s -w" -o callfn-worker ../sandbox/worker

// Open gives the command that starts a worker: the embedded program, else this very one. It can be used until release
// is called; workers that run go on.
func Open() (command sandbox.Command, release func(), err error) {
	return open(embedded)
}

// open is Open with a program's bytes, or none. Where the system cannot run a program out of memory, workers run this
// very program.
func open(program []byte) (sandbox.Command, func(), error) {
	if len(program) > 0 {
		if file, err := inMemory(program); err == nil {
			command := sandbox.Command{Path: pathOf(file), Args: []string{sandbox.WorkerCommand}}
			return command, func() { _ = file.Close() }, nil
		}
	}
	command, err := sandbox.Self()
	return command, func() {}, err
}

// pathOf is where a process that was forked from this one finds its open file.
func pathOf(file *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", file.Fd()) }
