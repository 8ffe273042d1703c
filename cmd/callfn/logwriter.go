package main

import (
	"io"
	"sync/atomic"
	"time"
)

// Limits of an unblockedWriter.
const (
	logWait  = 100 * time.Millisecond // how long one line may wait for a reader that has kept up so far
	logLines = 16 << 10               // most lines that wait for a slow reader
	logBytes = 8 << 20                // most bytes of these lines
)

// unblockedWriter writes lines to a writer that may block for ever, such as a pipe that nobody reads any more, without
// blocking its caller: a call must not wait for the reader of a log. While the reader keeps up, a line is written when
// Write returns. For a slow reader, lines wait in memory. Lines beyond the limits are dropped, and their number is
// reported when there is room again.
type unblockedWriter struct {
	out     io.Writer
	lines   chan logLine
	stop    chan struct{}
	ended   chan struct{}
	blocked atomic.Bool
	waiting atomic.Int64 // bytes of waiting lines
	dropped atomic.Int64
	tell    func(dropped int64) // writes to out
}

// logLine is one line to write.
type logLine struct {
	text    []byte
	written chan struct{}
}

// newUnblockedWriter starts a writer. Its goroutine calls tell after lines were dropped.
func newUnblockedWriter(out io.Writer, tell func(dropped int64)) *unblockedWriter {
	u := &unblockedWriter{
		out: out, lines: make(chan logLine, logLines), stop: make(chan struct{}),
		ended: make(chan struct{}), tell: tell,
	}
	go u.run()
	return u
}

// Write takes a line. It never fails, since nobody could be told.
func (u *unblockedWriter) Write(p []byte) (int, error) {
	if u.waiting.Load()+int64(len(p)) > logBytes {
		u.dropped.Add(1)
		return len(p), nil
	}
	line := logLine{text: append([]byte(nil), p...), written: make(chan struct{})}
	u.waiting.Add(int64(len(p)))
	select {
	case u.lines <- line:
	default:
		u.waiting.Add(-int64(len(p)))
		u.dropped.Add(1)
		return len(p), nil
	}
	if u.blocked.Load() {
		return len(p), nil
	}
	patience := time.NewTimer(logWait)
	defer patience.Stop()
	select {
	case <-line.written:
	case <-u.ended:
	case <-patience.C:
		u.blocked.Store(true)
	}
	return len(p), nil
}

// run writes the lines in order until close, then those that are left.
func (u *unblockedWriter) run() {
	defer close(u.ended)
	for {
		select {
		case line := <-u.lines:
			u.write(line)
		case <-u.stop:
			for {
				select {
				case line := <-u.lines:
					u.write(line)
				default:
					return
				}
			}
		}
	}
}

func (u *unblockedWriter) write(line logLine) {
	_, _ = u.out.Write(line.text)
	close(line.written)
	u.blocked.Store(false)
	u.waiting.Add(-int64(len(line.text)))
	if n := u.dropped.Swap(0); n > 0 {
		u.tell(n)
	}
}

// close writes the waiting lines and stops. It waits for a slow reader only for the time of one line. Later lines are
// lost.
func (u *unblockedWriter) close() {
	close(u.stop)
	select {
	case <-u.ended:
	case <-time.After(logWait):
	}
}
