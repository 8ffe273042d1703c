package sandbox

import (
	"bufio"
	"io"
)

// Confine lets a test stand in a worker's place.
var Confine = confine

// AwaitReady reads a worker's greeting and its first demand for a job.
func AwaitReady(r byteReader) error {
	if _, err := hear(r); err != nil {
		return err
	}
	_, err := readFrame(r, len(readyWord))
	return err
}

// WriteJob hands a job to a worker.
func WriteJob(w io.Writer, j Job) error {
	j.Limits = j.Limits.WithDefaults()
	return writeFrame(w, j.frame(false)...)
}

// Forge is a worker that answers its first job with one frame of the caller's choice, and then with nothing.
func Forge(in io.Reader, out io.Writer, frame ...[]byte) int {
	r := bufio.NewReader(in)
	if greet(out, Confinement{}) != nil || writeFrame(out, []byte(readyWord)) != nil {
		return 1
	}
	if _, err := readFrame(r, frameLimit); err != nil {
		return 0 // a spare
	}
	if writeFrame(out, frame...) != nil {
		return 1
	}
	_, _ = io.Copy(io.Discard, r)
	return 0
}

// Spares counts the processes that are kept ready beside a pool's workers.
func (p *Pool) Spares() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.spares)
}
