package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"callfn/couchapp"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/localcopy"
	"callfn/internal/provision"
	"callfn/internal/queryclient"
	"callfn/internal/queryserver"
	"callfn/internal/sandbox"
)

// copyFunctions begins to keep a copy of the function documents in the data directory, where functions run from it.
func (s *Service) copyFunctions() (err error) {
	if !s.cfg.Runner.Direct {
		return nil
	}
	s.copied, err = localcopy.Open(localcopy.Config{
		Name: "functions", Path: s.copyFile(), Database: s.functionsDatabase, Now: time.Now, Log: s.log,
		Keep: func(d datastore.Document) bool { return d.Type() == function.DocumentType && !d.Deleted() },
	})
	if err != nil {
		return err
	}
	s.closing("copy of functions", s.copied.Close)
	s.metrics.Copy(func() (time.Duration, bool) {
		state := s.copied.State()
		return state.Age(time.Now()), !state.AsOf.IsZero()
	})
	return nil
}

// Engine is what runs functions without a show: shows, which is the sandbox, or so many processes of the Command. The
// caller calls closeIt unless there is an error.
func (r Runner) Engine(shows queryserver.Evaluator, processes int, limits sandbox.Limits,
	log *slog.Logger,
) (_ function.Engine, closeIt func(), err error) {
	d, err := couchapp.Assemble(datastore.Functions, couchapp.JavaScript)
	if err != nil {
		return nil, nil, err
	}
	if r.Command == "" {
		return function.Sandbox{Eval: shows, Wh: d.Shows["wh"], Limits: limits}, func() {}, nil
	}
	design, err := d.JSON()
	if err != nil {
		return nil, nil, err
	}
	pool, err := queryclient.New(queryclient.Config{
		Command: r.Command, Design: design, ID: d.ID, Warm: "wh", Processes: processes,
		MaxAnswer: function.MaxAnswer(limits.Result),
		Memory:    commandMemory(limits), Log: log,
	})
	if err != nil {
		return nil, nil, SettingError{fmt.Errorf("--queryserver-command: %w", err)}
	}
	engine := function.QueryServers{
		Pool: pool, Name: r.Command, MaxResult: limits.Result,
		Zones: &function.ZoneTables{},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := provision.Prove(ctx, function.DirectDriver{Documents: provision.ProbeCopy{}, Engine: engine}); err != nil {
		pool.Close()
		return nil, nil, SettingError{fmt.Errorf("--queryserver-command: functions cannot run in it: %w", err)}
	}
	return engine, pool.Close, nil
}

// commandMemory is what a process of a command may allocate: what a function may use, and what the engine itself needs.
func commandMemory(l sandbox.Limits) uint64 { return uint64(l.Memory) + 448<<20 }

// directDriver runs functions from the copy.
func (s *Service) directDriver(own function.Sandbox) (function.Driver, error) {
	workers := s.cfg.Workers.Processes
	engine, closeIt, err := s.cfg.Runner.Engine(s.lanes, workers+RehearsalWorkers(workers), s.cfg.Limits, s.log)
	if err != nil {
		return nil, err
	}
	s.onClose(closeIt)
	s.engine = engine
	driver := function.DirectDriver{Documents: s.copied, Engine: function.BoundEngine{Own: own, Other: engine}}
	if s.cfg.Runner.inSandbox() {
		return function.EarlyRefusal{Full: s.lanes.Full, Driver: driver}, nil
	}
	turns := s.turns("queryserver", workers)
	driver.Turns = &turns
	return driver, nil
}

// dialect knows what the engine of stored functions does not parse; nil where it is the one that checks syntax.
func (s *Service) dialect() function.Dialect {
	if s.engine == nil {
		return &function.ShowDialect{Database: s.functionsDatabase, Now: time.Now}
	}
	d, _ := s.engine.(function.Dialect)
	return d
}

// copyDetails is what /readyz tells of the copy.
func (s *Service) copyDetails() map[string]any {
	if s.copied == nil {
		return nil
	}
	state := s.copied.State()
	details := map[string]any{"following": state.Following, "complete": state.Complete}
	if !state.AsOf.IsZero() {
		details["age_seconds"] = int64(state.Age(time.Now()).Seconds())
	}
	return map[string]any{"functions_copy": details}
}

// DirectOn runs the functions of a database without a show and without a copy: for the doctor, who runs one once.
func DirectOn(engine function.Engine) func(*datastore.Database) function.Driver {
	return func(db *datastore.Database) function.Driver {
		return function.DirectDriver{Documents: stored{db}, Engine: engine}
	}
}

// stored is a function.Copy of nothing: it reads the database each time.
type stored struct{ db *datastore.Database }

// Get reads the database.
func (s stored) Get(ctx context.Context, id string) (json.RawMessage, error) {
	raw, err := s.db.GetRaw(ctx, id)
	if errors.Is(err, datastore.ErrNotFound) {
		return nil, nil
	}
	return raw, err
}

// Newest reads the database.
func (s stored) Newest(ctx context.Context, id string) (json.RawMessage, error) {
	return s.Get(ctx, id)
}
