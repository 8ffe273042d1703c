package sandbox

import (
	"fmt"
	"io"
	"os"
)

// WorkerMain is what a binary does when it is started as WorkerCommand: serve jobs on stdin and stdout until stdin ends,
// and exit. It returns the exit code. The worker dies with its supervisor however that one dies: the pipe it reads from ends
// then, and a goroutine of its own notices even while the engine spins.
func WorkerMain(stdin io.Reader, stdout, stderr io.Writer) int {
	pr, pw := io.Pipe()
	go func() {
		_, _ = io.Copy(pw, stdin)
		os.Exit(0) // the supervisor is gone or has closed the pipe: whatever runs now is for nobody
	}()
	if err := ServeWorker(pr, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
