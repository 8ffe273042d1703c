package service

import (
	"context"

	"callfn/internal/fair"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/workerbin"
)

// startSandbox starts a pool for calls, a smaller one for rehearsals, and one process for the views' map functions, so
// that neither ever stands before a call. Accounts take turns in the first two. A CouchDB has its own for views, and
// for functions unless they run here.
func (s *Service) startSandbox(context.Context) error {
	onNode, w := s.cfg.CouchDB.Main.URL == "", s.cfg.Workers
	if w.Command.Path == "" {
		command, release, err := workerbin.Open()
		if err != nil {
			return err
		}
		s.onClose(release)
		s.cfg.Workers.Command = command
	}
	few := RehearsalWorkers(w.Processes)
	rehearsals, err := s.pool(few, 0)
	if err != nil {
		return err
	}
	own := fair.NewLane(rehearsals, fair.Config{
		Workers: few, Queue: w.Queue, MaxWait: runs.RehearsalWait,
	})
	s.metrics.Lane("sandbox", "rehearsals", own.Stats)
	s.metrics.Workers("rehearsals", rehearsals.Workers)
	s.lanes = fair.Lanes{Calls: own, Rehearsals: own}
	if onNode || s.cfg.Runner.inSandbox() {
		if s.calls, err = s.pool(w.Processes, 1); err != nil { // no call waits until a killed process is replaced
			return err
		}
		calls := fair.NewLane(s.calls, fair.Config{
			Workers: w.Processes, Queue: w.Queue, AccountWorkers: w.PerAccount, TreeWorkers: w.PerTree,
			MaxWait: runs.CallWait,
		})
		s.lanes.Calls = calls
		s.metrics.Lane("sandbox", "calls", calls.Stats)
		s.metrics.Workers("calls", s.calls.Workers)
	}
	if onNode {
		s.maps, err = s.pool(1, 0)
	}
	return err
}

// pool starts sandbox processes, and notes what holds them in.
func (s *Service) pool(workers, spares int) (*sandbox.Pool, error) {
	pool, err := sandbox.NewPool(sandbox.Config{
		Command: s.cfg.Workers.Command, Workers: workers, Spares: spares, Queue: s.cfg.Workers.Queue, Log: s.log,
		RequireConfinement: s.cfg.Workers.RequireConfinement,
	})
	if err != nil {
		return nil, err
	}
	s.onClose(pool.Close)
	s.confinement = pool.Confinement().String()
	return pool, nil
}

// RehearsalWorkers is how many processes rehearsals have where calls have so many.
func RehearsalWorkers(workers int) int { return max(workers/4, 1) }
