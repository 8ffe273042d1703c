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
// for functions unless they run here: then the pool for calls starts with the first function that has bindings.
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
	// no call waits until a killed process is replaced
	ready := &latePool{start: func() (*sandbox.Pool, error) { return s.newPool(w.Processes, 1) }}
	s.onClose(ready.Close)
	if onNode || s.cfg.Runner.inSandbox() {
		if _, err := ready.started(); err != nil {
			return err
		}
	}
	calls := fair.NewLane(ready, fair.Config{
		Workers: w.Processes, Queue: w.Queue, AccountWorkers: w.PerAccount, TreeWorkers: w.PerTree,
		MaxWait: runs.CallWait,
	})
	s.metrics.Lane("sandbox", "calls", calls.Stats)
	s.metrics.Workers("calls", ready.Workers)
	s.lanes = fair.Lanes{Calls: calls, Rehearsals: own, Waiting: s.waitingLane()}
	if onNode {
		s.maps, err = s.pool(1, 0)
	}
	return err
}

// waitingLane is for calls' functions that may wait for answers from outside. A worker that waits serves nobody else,
// so they have workers of their own, which start with the first such run; one account has at most half of them.
func (s *Service) waitingLane() fair.Evaluator {
	n := max(s.cfg.Workers.Waiting, 1)
	pool := &latePool{start: func() (*sandbox.Pool, error) { return s.newPool(n, 1) }}
	s.onClose(pool.Close)
	lane := fair.NewLane(pool, fair.Config{
		Workers: n, Queue: s.cfg.Workers.Queue, AccountWorkers: max(n/2, 1), MaxWait: runs.WaitingWait,
	})
	s.metrics.Lane("sandbox", "http", lane.Stats)
	s.metrics.Workers("http", pool.Workers)
	return lane
}

// pool starts sandbox processes, and notes what holds them in.
func (s *Service) pool(workers, spares int) (*sandbox.Pool, error) {
	pool, err := s.newPool(workers, spares)
	if err != nil {
		return nil, err
	}
	s.onClose(pool.Close)
	s.confinement = pool.Confinement().String()
	return pool, nil
}

// newPool starts sandbox processes, which the caller closes.
func (s *Service) newPool(workers, spares int) (*sandbox.Pool, error) {
	return sandbox.NewPool(sandbox.Config{
		Command: s.cfg.Workers.Command, Workers: workers, Spares: spares, Queue: s.cfg.Workers.Queue, Log: s.log,
		RequireConfinement: s.cfg.Workers.RequireConfinement,
	})
}

// RehearsalWorkers is how many processes rehearsals have where calls have so many.
func RehearsalWorkers(workers int) int { return max(workers/4, 1) }
