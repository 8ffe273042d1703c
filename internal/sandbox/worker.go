package sandbox

import (
	"bufio"
	"fmt"
	"io"
	"runtime/debug"
)

// WorkerCommand is the hidden command under which a binary that links this package must call ServeWorker.
const WorkerCommand = "queryserver-worker"

// ServeWorker is the whole of a worker process: it answers jobs from in on out until in ends, one at a time. It returns nil
// when in ends cleanly. The caller exits at once then; a job that cannot be interrupted is ended by Watch.
func ServeWorker(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(400) // the engine's heap is not Go's; what Go allocates per job is small
	r := bufio.NewReaderSize(in, 64<<10)
	w := &worker{}
	defer w.close()
	for {
		w.prepare() // while the supervisor has nothing for us
		fields, err := readFrame(r, frameLimit)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sandbox worker: read job: %w", err)
		}
		job, err := parseJob(fields)
		if err != nil {
			return fmt.Errorf("sandbox worker: %w", err)
		}
		answer, err := w.do(job)
		if err != nil {
			return err
		}
		if err := writeFrame(out, answer.frame()...); err != nil {
			return fmt.Errorf("sandbox worker: write answer: %w", err)
		}
		w.discard()
	}
}

// worker holds the realm made ahead for the next run, and the realm of the current map functions.
type worker struct {
	next  *realm // fresh, never run
	used  *realm // ran, to be closed once the answer is out
	maps  *realm
	mapOf string // the sources maps was made for
	mapTZ string
	clock zone
	code  codeCache
}

// prepare makes the next realm ahead of need, off the run's clock. An error shows at the run.
func (w *worker) prepare() {
	if w.next == nil {
		w.next, _ = newRealm(&w.code)
	}
}

// discard closes the realm of the run that has been answered.
func (w *worker) discard() {
	if w.used != nil {
		w.used.close()
		w.used = nil
	}
}

// fresh hands out a realm that nothing has run in; it serves one job.
func (w *worker) fresh() (*realm, error) {
	r := w.next
	w.next = nil
	if r == nil {
		var err error
		if r, err = newRealm(&w.code); err != nil {
			return nil, err
		}
	}
	w.used = r
	return r, nil
}

func (w *worker) do(j Job) (Answer, error) {
	if err := w.clock.set(j.TimeZone); err != nil {
		return Answer{Run: j.Run, Status: Failed, Body: encodeFault(Fault{Name: "RangeError", Message: err.Error()})}, nil
	}
	if j.Kind == KindMap {
		return w.mapJob(j)
	}
	r, err := w.fresh()
	if err != nil {
		return Answer{}, err
	}
	if j.Kind == KindParse {
		return r.parse(j), nil
	}
	return r.run(j, &w.code), nil
}

// mapJob reuses the realm while the sources stay the same; any trouble ends it.
func (w *worker) mapJob(j Job) (Answer, error) {
	if w.maps != nil && (w.mapOf != j.Source || w.mapTZ != j.TimeZone) {
		w.maps.close()
		w.maps = nil
	}
	if w.maps == nil {
		r, err := newRealm(&w.code)
		if err != nil {
			return Answer{}, err
		}
		w.maps, w.mapOf, w.mapTZ = r, j.Source, j.TimeZone
	}
	a := w.maps.run(j, &w.code)
	if a.Status != Done {
		w.maps.close()
		w.maps = nil
	}
	return a, nil
}

func (w *worker) close() {
	w.discard()
	for _, r := range []*realm{w.next, w.maps} {
		if r != nil {
			r.close()
		}
	}
}
