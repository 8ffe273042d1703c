package main

import (
	"io"
	"sync/atomic"
	"time"
)

// Bounds of an unblockedWriter.
const (
	logWait  = 100 * time.Millisecond // how long one line may wait for a reader that was fine so far
	logLines = 16 << 10               // lines that wait for a reader that is not
	logBytes = 8 << 20                // and their size together
)

// unblockedWriter writes lines to a writer that may block for ever, such as a pipe that nobody reads any more, without
// ever blocking whoever logs: a call must not wait for the reader of a log. As long as the reader keeps up, a line is
// written when Write returns. From a reader that does not, lines wait in memory; what does not fit there is dropped,
// and told once there is room again.
type unblockedWriter struct {
	out     io.Writer
	lines   chan logLine
	stop    chan struct{}
	ended   chan struct{}
	blocked atomic.Bool
	waiting atomic.Int64 // bytes of the lines that wait
	dropped atomic.Int64
	tell    func(dropped int64) // writes to out
}

// logLine is one line on its way.
type logLine struct {
	text    []byte
	written chan struct{}
}

// newUnblockedWriter starts a writer. tell is called, in its goroutine, after lines were dropped.
func newUnblockedWriter(out io.Writer, tell func(dropped int64)) *unblockedWriter {
	u := &unblockedWriter{
		out: out, lines: make(chan logLine, logLines), stop: make(chan struct{}),
		ended: make(chan struct{}), tell: tell,
	}
	go u.run()
	return u
}

// Write takes a line. It never fails: there is nobody to tell that a log cannot be written.
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

// run writes the lines one after the other until close, then what is left.
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

// close writes what waits and ends, but waits for a reader that does not read no longer than for one line. Lines after
// it are lost.
func (u *unblockedWriter) close() {
	close(u.stop)
	select {
	case <-u.ended:
	case <-time.After(logWait):
	}
}
