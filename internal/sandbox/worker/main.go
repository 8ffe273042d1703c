// Command worker is a sandbox worker and nothing else: a quarter of the service's size, as nothing is linked in that
// only the service needs. Shipped builds of callfn embed it (see internal/workerbin). Tests use it where their own
// binary cannot be a worker: the engine is translated C, which the race detector slows down tenfold and whose pointer
// arithmetic its checks refuse.
package main

import (
	"os"

	"callfn/internal/sandbox"
)

func main() { os.Exit(sandbox.WorkerMain(os.Stdin, os.Stdout, os.Stderr)) }
