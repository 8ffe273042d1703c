package sandbox

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

// WorkerCommand is the hidden command under which a binary that links this package must call ServeWorker.
const WorkerCommand = "queryserver-worker"

// readyWord is the one field of the frame by which a worker asks for its next job.
const readyWord = "ready"

// tidyWithin is how long a worker may take, after its answer, to end the used world and make the next. A function decides how
// much there is to end; a worker that takes longer is replaced.
const tidyWithin = 250 * time.Millisecond

// overtime is what a worker grants itself beyond what its supervisor grants it; then it exits on its own. It matters when
// the supervisor is alive but stopped and can kill nobody.
const overtime = 100 * time.Millisecond

// patience is how long after a job's deadline a worker whose engine does not come back answers for it, with what the run has logged.
// Then it ends itself, rather than be killed.
const patience = Grace / 2

// exitOverrun is the exit code of a worker that ended itself.
const exitOverrun = 3

// ServeWorker is the whole of a worker process: it answers jobs from in on out until in ends, one at a time, and asks for each
// with a frame of its own, so that no run waits for what an earlier one left behind. It returns what went wrong with in or out. A
// job or a cleaning up that overruns ends the process, and so does the end of in, also while the engine spins: the supervisor is gone
// then, however it ended, or wants no more.
func ServeWorker(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(400) // the engine's heap is not Go's; what Go allocates per job is small
	jobs := make(chan sent)
	go receive(in, jobs)
	w := &worker{}
	defer w.close()
	watch := time.AfterFunc(greetWithin, func() { os.Exit(exitOverrun) })
	defer watch.Stop()
	w.late = time.AfterFunc(greetWithin, func() {
		if a := w.giveUp(); a != nil {
			_ = writeFrame(out, a.frame()...)
			os.Exit(exitOverrun)
		}
	})
	defer w.late.Stop()
	var source string // of the job before
	for {
		if err := w.prepare(); err != nil {
			return err
		}
		if err := writeFrame(out, []byte(readyWord)); err != nil {
			return fmt.Errorf("sandbox worker: ask for a job: %w", err)
		}
		watch.Stop()
		next := <-jobs
		if next.err != nil {
			return fmt.Errorf("sandbox worker: read job: %w", next.err)
		}
		job, err := parseJob(next.frame, source)
		if err != nil {
			return fmt.Errorf("sandbox worker: %w", err)
		}
		source = job.Source
		watch.Reset(job.Limits.Deadline + Grace + overtime)
		answer, err := w.do(job)
		if err != nil {
			return err
		}
		if err := writeFrame(out, answer.frame()...); err != nil {
			return fmt.Errorf("sandbox worker: write answer: %w", err)
		}
		watch.Reset(tidyWithin + overtime)
	}
}

// sent is a frame from the supervisor, or why there will be none.
type sent struct {
	frame [][]byte
	err   error
}

// receive reads frames until one is bad; at the end of in it ends the process.
func receive(in io.Reader, jobs chan<- sent) {
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		frame, err := readFrame(r, frameLimit)
		if err == io.EOF {
			os.Exit(0)
		}
		jobs <- sent{frame, err}
		if err != nil {
			return
		}
	}
}

// worker holds the realm of runs and the one of the current map functions.
type worker struct {
	runs  *realm
	maps  *realm
	mapOf string // the sources of the world in maps; "" for none
	mapTZ string
	clock zone

	mu   sync.Mutex
	job  *Job        // under way
	in   *realm      // where
	due  time.Time   // when it is given up
	late *time.Timer // calls giveUp then
}

// begin notes what is under way, and where.
func (w *worker) begin(j Job, in *realm) {
	w.mu.Lock()
	in.engine.Listen(logRoom(j.Limits))
	w.job, w.in, w.due = &j, in, time.Now().Add(j.Limits.Deadline+patience)
	w.late.Reset(j.Limits.Deadline + patience)
	w.mu.Unlock()
}

// finish notes that the job is done. It does not return when somebody has answered for it.
func (w *worker) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late.Stop()
	w.job, w.in = nil, nil
}

// giveUp is the answer for a job whose engine does not come back; nil when none is under way, or another one than the timer went off
// for. The job never ends after that.
func (w *worker) giveUp() *Answer {
	w.mu.Lock()
	if w.job == nil || time.Now().Before(w.due) {
		w.mu.Unlock()
		return nil
	}
	return &Answer{Run: w.job.Run, Status: overrun, Logs: w.in.logs()} // w.mu stays locked
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

func (w *worker) do(j Job) (Answer, error) {
	if err := w.clock.set(j.TimeZone); err != nil {
		return Answer{Run: j.Run, Status: Failed, Body: encodeFault(Fault{Name: "RangeError", Message: err.Error()})}, nil
	}
	if j.Kind == KindMap {
		return w.mapJob(j)
	}
	w.begin(j, w.runs)
	defer w.finish()
	if j.Kind == KindParse {
		return w.runs.parse(j), nil
	}
	return w.runs.run(j), nil
}

// mapJob goes on in the same world while the sources stay the same; any trouble ends it.
func (w *worker) mapJob(j Job) (Answer, error) {
	if w.maps == nil {
		var err error
		if w.maps, err = newRealm(); err != nil {
			return Answer{}, err
		}
	}
	if w.mapOf != j.Source || w.mapTZ != j.TimeZone {
		w.maps.tidy()
		w.mapOf, w.mapTZ = j.Source, j.TimeZone
	}
	w.begin(j, w.maps)
	a := w.maps.run(j)
	w.finish()
	if a.Status != Done {
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
