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

// slack is how late a worker's timers may fire. Only its watchdog's timer matters, which is no more precise.
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

// close ends the thread. The kernel kills processes it started that were not stopped before.
func (s *spawner) close() { s.thread.Close() }
