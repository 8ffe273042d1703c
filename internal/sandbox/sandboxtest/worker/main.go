// Command worker is a sandbox worker and nothing else, for tests whose own binary cannot be one: the engine is
// translated C, which the race detector slows down tenfold and whose pointer arithmetic its checks refuse.
package main

import (
	"os"

	"callfn/internal/sandbox"
)

func main() { os.Exit(sandbox.WorkerMain(os.Stdin, os.Stdout, os.Stderr)) }
