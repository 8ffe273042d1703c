package sandbox

import (
	"errors"
	"io"
	"os"
)

// input is where a worker's jobs come from. Whoever does them reads them, too: to hand each over from another thread
// costs more than many a run. Its two methods are never called at the same time.
type input struct {
	r     buffer
	ahead chan struct{} // closed when it is known what comes; nil when nobody looks
}

func newInput(in io.Reader) *input { return &input{r: buffer{from: in, bytes: make([]byte, 64<<10)}} }

// next waits for a job. The error is io.EOF at the end of the input.
func (in *input) next() ([][]byte, error) {
	if in.ahead != nil {
		<-in.ahead
		in.ahead = nil
	}
	frame, err := readFrame(&in.r, frameLimit)
	in.r.forget()
	return frame, err
}

// watch has somebody look at what comes, and ends the process when that is the end.
func (in *input) watch() {
	if in.ahead != nil {
		return
	}
	known := make(chan struct{})
	in.ahead = known
	go func() {
		if errors.Is(in.r.fill(), io.EOF) {
			os.Exit(0)
		}
		close(known)
	}()
}

// buffer is a buffered reader that can forget what was read: jobs are of one account after another.
type buffer struct {
	from     io.Reader
	bytes    []byte
	at, end  int // where what was not read yet is
	dirty    int // up to where there is anything
	failedBy error
}

// fill reads something, unless there is something.
func (b *buffer) fill() error {
	for b.at == b.end && b.failedBy == nil {
		var n int
		n, b.failedBy = b.from.Read(b.bytes)
		b.at, b.end, b.dirty = 0, n, max(b.dirty, n)
	}
	if b.at == b.end {
		return b.failedBy
	}
	return nil
}

func (b *buffer) Read(p []byte) (int, error) {
	if b.at == b.end && len(p) >= len(b.bytes) && b.failedBy == nil {
		return b.from.Read(p)
	}
	if err := b.fill(); err != nil {
		return 0, err
	}
	n := copy(p, b.bytes[b.at:b.end])
	b.at += n
	return n, nil
}

func (b *buffer) ReadByte() (byte, error) {
	if err := b.fill(); err != nil {
		return 0, err
	}
	b.at++
	return b.bytes[b.at-1], nil
}

// forget overwrites what was read.
func (b *buffer) forget() {
	clear(b.bytes[:b.at])
	clear(b.bytes[b.end:b.dirty])
	b.dirty = b.end
}
