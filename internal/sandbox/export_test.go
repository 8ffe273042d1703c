package sandbox

import "io"

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

// Spares counts the processes that are kept ready beside a pool's workers.
func (p *Pool) Spares() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.spares)
}
