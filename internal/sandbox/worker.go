package sandbox

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"
)

// WorkerCommand is the hidden command under which a binary that links this package must call ServeWorker.
const WorkerCommand = "queryserver-worker"

// readyWord is the one field of the frame by which a worker asks for its next job.
const readyWord = "ready"

// tidyWithin is how long a worker may take, after its answer, to throw the used realm away and make the next. A function
// decides how much there is to throw away; a worker that takes longer is replaced.
const tidyWithin = 250 * time.Millisecond

// overtime is what a worker grants itself beyond what its supervisor grants it; then it exits on its own. It matters when
// the supervisor is alive but stopped and can kill nobody.
const overtime = 100 * time.Millisecond

// exitOverrun is the exit code of a worker that ended itself.
const exitOverrun = 3

// ServeWorker is the whole of a worker process: it answers jobs from in on out until in ends, one at a time, and asks for each
// with a frame of its own, so that no run waits for what an earlier one left behind. It returns nil when in ends cleanly. A
// job or a cleaning up that overruns ends the process.
func ServeWorker(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(400) // the engine's heap is not Go's; what Go allocates per job is small
	r := bufio.NewReaderSize(in, 64<<10)
	w := &worker{}
	defer w.close()
	watch := time.AfterFunc(greetWithin, func() { os.Exit(exitOverrun) })
	defer watch.Stop()
	for {
		w.prepare() // while the supervisor has nothing for us
		if err := writeFrame(out, []byte(readyWord)); err != nil {
			return fmt.Errorf("sandbox worker: ask for a job: %w", err)
		}
		watch.Stop()
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
		watch.Reset(job.Limits.Deadline + Grace + overtime)
		answer, err := w.do(job)
		if err != nil {
			return err
		}
		if err := writeFrame(out, answer.frame()...); err != nil {
			return fmt.Errorf("sandbox worker: write answer: %w", err)
		}
		watch.Reset(tidyWithin + overtime)
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
