package sandbox

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"callfn/internal/runs"
)

// WorkerCommand is the hidden command under which a binary that links this package must call ServeWorker.
const WorkerCommand = "queryserver-worker"

// readyWord is the one field of the frame by which a worker asks for its next job, where its last answer has not done
// so.
const readyWord = "ready"

// ServeWorker is the whole of a worker process: it answers jobs from in on out until in ends, one at a time, and asks
// for each, so that no run waits for what an earlier one left behind. It returns what went wrong with in or out. A job
// or a cleaning up that overruns ends the process, and so does the end of in, also while the engine spins: the
// supervisor is gone then, however it ended, or wants no more.
func ServeWorker(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(400) // the engine's heap is not Go's; what Go allocates per job is small
	input := newInput(in)
	w := &worker{watchdog: newWatchdog(input, out), zones: zones{}}
	defer w.close()
	w.watchdog.allow(greetWithin)
	var source string // of the job before
	var sent []byte   // the answer, as it was sent
	for next := stepCleanup; ; {
		if err := w.prepare(); err != nil {
			return err
		}
		if next == stepCleanup {
			if err := writeFrame(out, []byte(readyWord)); err != nil {
				return fmt.Errorf("sandbox worker: ask for a job: %w", err)
			}
		}
		w.watchdog.rest()
		frame, err := input.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sandbox worker: read job: %w", err)
		}
		job, err := parseJob(frame, source)
		if err != nil {
			return fmt.Errorf("sandbox worker: %w", err)
		}
		source = job.Source
		w.watchdog.allow(job.Limits.Deadline + runs.Grace + runs.ExitWait)
		answer, err := w.do(job)
		if err != nil {
			return err
		}
		next = w.next()
		sent = appendFrame(sent[:0], answer.frame(next)...)
		if _, err := out.Write(sent); err != nil {
			return fmt.Errorf("sandbox worker: write answer: %w", err)
		}
		w.watchdog.allow(runs.TidyWait + runs.ExitWait)
		if next == stepExit {
			return nil
		}
		forget(frame, answer.frame(next), sent)
		if cap(sent) > usualFrame {
			sent = nil
		}
	}
}

// forget overwrites a job and its answer: what comes next may be another account's.
func forget(job, answer [][]byte, sent []byte) {
	for _, fields := range [][][]byte{job, answer, {sent}} {
		for _, field := range fields {
			clear(field)
		}
	}
}

// worker holds the realm of runs and the one of the current map functions.
type worker struct {
	watchdog *watchdog
	runs     *realm
	maps     *realm
	mapOf    string // the sources of the world in maps; "" for none
	mapTZ    string
	zones    zones
}

// littleLitter is how much a run may leave behind for the next job to be taken before it is thrown away, in bytes: that
// takes some 100 microseconds, less than to ask for the job with a frame of its own.
const littleLitter = 1 << 20

// next is what the worker does after its answer.
func (w *worker) next() nextStep {
	if w.runs.engine.Spent() || w.maps != nil && w.maps.engine.Spent() {
		return stepExit
	}
	if w.runs.busy() {
		return stepCleanup
	}
	return stepReady
}

// prepare ends what the last run left and makes the next world, off any run's clock.
func (w *worker) prepare() error {
	if w.runs == nil {
		var err error
		w.runs, err = newRealm()
		return err
	}
	w.runs.tidy()
	return nil
}

func (w *worker) do(j Job) (reply, error) {
	zone, err := w.zones.find(j.TimeZone)
	if err != nil {
		return reply{run: j.Run, outcome: runs.Threw, failure: &runs.Failure{Message: "RangeError: " + err.Error()}}, nil
	}
	if j.Kind == KindMap {
		return w.mapJob(j, zone)
	}
	w.watchdog.begin(j, w.runs)
	defer w.watchdog.finish()
	if j.Kind == KindParse {
		return w.runs.parse(j), nil
	}
	return w.runs.run(j, zone), nil
}

// mapJob goes on in the same world while the sources stay the same; any trouble ends it.
func (w *worker) mapJob(j Job, zone *time.Location) (reply, error) {
	if w.maps == nil {
		var err error
		if w.maps, err = newRealm(); err != nil {
			return reply{}, err
		}
	}
	if w.mapOf != j.Source || w.mapTZ != j.TimeZone {
		w.maps.tidy()
		w.mapOf, w.mapTZ = j.Source, j.TimeZone
	}
	w.watchdog.begin(j, w.maps)
	a := w.maps.run(j, zone)
	w.watchdog.finish()
	if a.outcome != runs.OK {
		w.mapOf = ""
	}
	return a, nil
}

func (w *worker) close() {
	for _, r := range []*realm{w.runs, w.maps} {
		if r != nil {
			r.close()
		}
	}
}
