package sandbox

import (
	"io"
	"os"
	"sync"
	"time"

	"callfn/internal/runs"
)

// exitOverrun is the exit code of a worker that ended itself.
const exitOverrun = 3

// watchdog ends a worker that overruns. It checks at intervals while the worker is busy, instead of being told of every
// job: resetting a timer for each job wakes another thread, which takes longer than many runs.
type watchdog struct {
	input *input
	out   io.Writer
	timer *time.Timer // triggers a check

	mu      sync.Mutex
	looking bool      // the timer is set
	until   time.Time // when the process ends itself; zero while it waits for a job
	job     *Job      // under way
	in      *realm    // realm of the job
	due     time.Time // time at which the job is given up
	spare   time.Time // what until was before the wait
	waiting bool      // the job waits for its host: nothing is overdue, and who does the job reads the input
}

func newWatchdog(in *input, out io.Writer) *watchdog {
	d := &watchdog{input: in, out: out}
	d.timer = time.AfterFunc(time.Hour, d.look)
	d.timer.Stop()
	return d
}

// allow gives the worker time for its next step.
func (d *watchdog) allow(within time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Now().Add(within)
	if !d.looking {
		d.looking = true
		d.timer.Reset(runs.WatchdogEvery)
	}
}

// rest notes that the worker waits for a job, which may take any time.
func (d *watchdog) rest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Time{}
}

// begin notes the job and its realm.
func (d *watchdog) begin(j Job, in *realm) {
	d.mu.Lock()
	defer d.mu.Unlock()
	in.engine.Listen(logRoom(j.Limits))
	d.job, d.in, d.due = &j, in, time.Now().Add(j.Limits.Deadline+runs.WatchdogWait)
}

// finish notes that the job is done. It does not return if the watchdog has answered for the job.
func (d *watchdog) finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.job, d.in = nil, nil
}

// pause notes that the job waits for its host, which answers before ends at the latest.
func (d *watchdog) pause(ends time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting, d.spare = true, d.until
	d.until = ends.Add(runs.Grace + runs.ExitWait)
}

// resume notes that the host has answered, and moves all times by the wait, but not beyond what ends allows.
func (d *watchdog) resume(waited time.Duration, ends time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = false
	d.until = earlier(d.spare.Add(waited), ends.Add(runs.Grace+runs.ExitWait))
	d.due = earlier(d.due.Add(waited), ends.Add(runs.WatchdogWait))
}

func (d *watchdog) look() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.until.IsZero() {
		d.looking = false
		return
	}
	if now.After(d.until) {
		os.Exit(exitOverrun)
	}
	if d.waiting {
		d.timer.Reset(runs.WatchdogEvery)
		return
	}
	if a := d.overdue(now); a != nil {
		_ = writeFrame(d.out, a.frame(stepExit)...) // in place of the job, which never ends: mu stays locked
		os.Exit(exitOverrun)
	}
	d.input.watch()
	next := runs.WatchdogEvery
	if d.job != nil {
		next = min(next, d.due.Sub(now))
	}
	d.timer.Reset(next)
}

// overdue returns the answer for a job whose engine does not return, or nil if there is no such job.
func (d *watchdog) overdue(now time.Time) *reply {
	if d.job == nil || now.Before(d.due) {
		return nil
	}
	lines, levels := d.in.logs()
	return &reply{run: d.job.Run, outcome: runs.Timeout, logs: paired(lines), levels: levels}
}
