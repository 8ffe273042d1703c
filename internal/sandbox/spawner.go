package sandbox

import (
	"callfn/internal/runs"
	"callfn/internal/subprocess"
)

// spawner starts workers, all from one OS thread.
type spawner struct {
	command Command
	thread  *subprocess.Thread
}

// slack is how late a worker's timers may go off. It has none that matter but its watchdog's, which is no more exact
// than that.
const slack = runs.WatchdogEvery / 10

func newSpawner(c Command) *spawner {
	s := &spawner{c, subprocess.NewThread()}
	s.thread.Do(func() { subprocess.Slack(slack) })
	return s
}

// start starts one process. After close it fails.
func (s *spawner) start() (p *process, err error) {
	if !s.thread.Do(func() { p, err = startProcess(s.command) }) {
		return nil, ErrClosed
	}
	return p, err
}

// close ends the thread; processes it started are killed by the kernel where they were not stopped before.
func (s *spawner) close() { s.thread.Close() }
