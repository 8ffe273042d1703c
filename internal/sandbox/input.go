package sandbox

import (
	"errors"
	"io"
	"os"
)

// input is the source of a worker's jobs. The goroutine that does the jobs also reads them, since passing each from
// another thread takes longer than many runs. Its two methods are never called at the same time.
type input struct {
	r     buffer
	ahead chan struct{} // closed when the next input has arrived; nil without a watcher
}

func newInput(in io.Reader) *input { return &input{r: buffer{from: in, bytes: make([]byte, 64<<10)}} }

// next waits for a job. It returns io.EOF at the end of the input.
func (in *input) next() ([][]byte, error) {
	if in.ahead != nil {
		<-in.ahead
		in.ahead = nil
	}
	frame, err := readFrame(&in.r, frameLimit)
	in.r.forget()
	return frame, err
}

// watch starts a goroutine that waits for input and ends the process at the end of the input.
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

// buffer is a buffered reader that can erase what was read, because consecutive jobs may belong to different accounts.
type buffer struct {
	from     io.Reader
	bytes    []byte
	at, end  int // position of the unread data
	dirty    int // end of the used part
	failedBy error
}

// fill reads some data unless there is unread data.
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
