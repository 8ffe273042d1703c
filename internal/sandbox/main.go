package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
)

// WorkerMain is the main function of a binary started as WorkerCommand. It serves jobs on stdin and stdout until stdin
// ends, and returns the exit code. First it gives up every right it can and reports the resulting confinement in a
// greeting.
func WorkerMain(stdin io.Reader, stdout, stderr io.Writer) int {
	held := confine()
	if err := greet(stdout, held); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	if err := ServeWorker(stdin, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// greeting is the first field of a worker's first frame; the second is its Confinement as JSON.
const greeting = "callfn worker 3"

func greet(out io.Writer, c Confinement) error {
	report, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return writeFrame(out, []byte(greeting), report)
}

// hear reads a worker's greeting.
func hear(r byteReader) (Confinement, error) {
	var c Confinement
	fields, err := readFrame(r, 4096)
	if err != nil {
		return c, fmt.Errorf("sandbox: the worker does not greet: %w", err)
	}
	if len(fields) != 2 || string(fields[0]) != greeting {
		return c, fmt.Errorf("sandbox: what was started is no worker of this version")
	}
	if err := json.Unmarshal(fields[1], &c); err != nil {
		return c, fmt.Errorf("sandbox: malformed greeting: %w", err)
	}
	return c, nil
}
