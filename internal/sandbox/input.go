package sandbox

import (
	"bufio"
	"errors"
	"io"
	"os"
)

// input is where a worker's jobs come from. Whoever does them reads them, too: to hand each over from another thread costs more than
// many a run. Its two methods are never called at the same time.
type input struct {
	r     *bufio.Reader
	ahead chan struct{} // closed when it is known what comes; nil when nobody looks
}

func newInput(in io.Reader) *input { return &input{r: bufio.NewReaderSize(in, 64<<10)} }

// next waits for a job. The error is io.EOF at the end of the input.
func (in *input) next() ([][]byte, error) {
	if in.ahead != nil {
		<-in.ahead
		in.ahead = nil
	}
	return readFrame(in.r, frameLimit)
}

// watch has somebody look at what comes, and ends the process when that is the end.
func (in *input) watch() {
	if in.ahead != nil {
		return
	}
	known := make(chan struct{})
	in.ahead = known
	go func() {
		if _, err := in.r.Peek(1); errors.Is(err, io.EOF) {
			os.Exit(0)
		}
		close(known)
	}()
}
