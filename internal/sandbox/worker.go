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

// readyWord is the one field of the frame with which a worker asks for its next job, if its last answer has not done
// so.
const readyWord = "ready"

// ServeWorker is the main loop of a worker process. It answers jobs from in on out until in ends, one at a time. It
// asks for each job, so that no run waits for the cleaning up of an earlier one. It returns the error of in or out. The
// process ends if a job or a cleaning up overruns. It also ends when in ends, even while the engine loops: the
// supervisor then is gone or wants no more answers.
func ServeWorker(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(400) // the engine's heap is not Go's; Go allocates little per job
	input := newInput(in)
	w := &worker{watchdog: newWatchdog(input, out), zones: zones{}}
	w.asking = &asking{input: input, out: out, watchdog: w.watchdog}
	defer w.close()
	w.watchdog.allow(greetWithin)
	var source string // of the previous job
	var sent []byte   // the answer as sent
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

// forget overwrites a job and its answer, because the next one may belong to another account.
func forget(job, answer [][]byte, sent []byte) {
	for _, fields := range [][][]byte{job, answer, {sent}} {
		for _, field := range fields {
			clear(field)
		}
	}
}

// worker holds the realm of runs and the realm of the current map functions.
type worker struct {
	watchdog *watchdog
	asking   *asking
	runs     *realm
	maps     *realm
	mapOf    string // sources of the world in maps; "" for none
	mapTZ    string
	zones    zones
}

// littleLitter is how many bytes a run may leave behind such that the worker takes the next job before it cleans up.
// Cleaning up so little takes about 100 microseconds, less than a separate frame that asks for the job.
const littleLitter = 1 << 20

// next returns what the worker does after its answer.
func (w *worker) next() nextStep {
	if w.runs.engine.Spent() || w.maps != nil && w.maps.engine.Spent() {
		return stepExit
	}
	if w.runs.busy() {
		return stepCleanup
	}
	return stepReady
}

// prepare cleans up after the last run and makes the next world, outside any run's deadline.
func (w *worker) prepare() error {
	if w.runs == nil {
		var err error
		if w.runs, err = newRealm(); err != nil {
			return err
		}
		w.asking.realm = w.runs
		w.runs.engine.OnAsk(w.asking.ask)
		return nil
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
	w.asking.run, w.asking.asked, w.asking.ends = j.Run, 0, time.Now().Add(runs.TotalMost)
	w.watchdog.begin(j, w.runs)
	defer w.watchdog.finish()
	if j.Kind == KindParse {
		return w.runs.parse(j), nil
	}
	return w.runs.run(j, zone), nil
}

// mapJob continues in the same world while the sources stay the same. Any error ends that world.
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
