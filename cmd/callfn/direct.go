package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
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

// The runners.
const (
	runnerShow   = "show"
	runnerDirect = "direct"
)

// runnerFlags say where functions run. serve and doctor share them.
type runnerFlags struct {
	Runner             string `enum:"show,direct" default:"show" group:"couchdb"`
	QueryserverCommand string `name:"queryserver-command" placeholder:"COMMAND" group:"couchdb"`
}

// direct reports whether functions run without a show.
func (f runnerFlags) direct() bool { return f.Runner == runnerDirect }

// inSandbox reports whether they run in the service's own sandbox without a show.
func (f runnerFlags) inSandbox() bool { return f.direct() && f.QueryserverCommand == "" }

// checkRunner refuses settings that contradict each other.
func (f runnerFlags) checkRunner() error {
	if f.QueryserverCommand != "" && !f.direct() {
		return usageError{errorf("--queryserver-command needs --runner direct: with shows, CouchDB starts its query " +
			"servers itself")}
	}
	return nil
}

// copyFile is where the copy of the function documents is kept.
func (c serveCommand) copyFile() string { return filepath.Join(c.Data, "functions-copy.db") }

// copyFunctions begins to keep a copy of the function documents in the data directory.
func (s *service) copyFunctions(c serveCommand, database func() (*datastore.Database, error), log *slog.Logger) error {
	if !c.direct() {
		return nil
	}
	var err error
	s.copied, err = localcopy.Open(localcopy.Config{
		Name: "functions", Path: c.copyFile(), Database: database, Now: time.Now, Log: log,
		Keep: func(d datastore.Document) bool { return d.Type() == function.DocumentType && !d.Deleted() },
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() { closing(log, "copy of functions", s.copied.Close()) })
	s.metrics.Copy(func() (time.Duration, bool) {
		state := s.copied.State()
		return state.Age(time.Now()), !state.AsOf.IsZero()
	})
	return nil
}

// copyPatience is how long the start waits for a CouchDB with functions of which there is a copy here: calls could be
// running.
const copyPatience = time.Second

// prepareLater reports whether a CouchDB does not answer now; then it is made to hold what the service needs once it
// does.
func (s *service) prepareLater(ctx context.Context, site provision.Site, c serveCommand, log *slog.Logger) bool {
	var away unreachableError
	if err := awaitCouchDB(ctx, site, min(copyPatience, c.CouchDBWait), 0, log); !errors.As(err, &away) {
		return false
	}
	log.Error("functions run from the copy on this machine until their CouchDB is back", "url",
		site.Stores.Connection.Address())
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			err := awaitCouchDB(ctx, site, time.Hour, 0, slog.New(slog.DiscardHandler))
			if err == nil {
				site.Direct = true
				err = prepare(ctx, site, c.FunctionsLanguage, log)
			}
			switch {
			case ctx.Err() != nil:
				return
			case err == nil:
				log.Info("CouchDB is back: it holds what the service needs", "url", site.Stores.Connection.Address())
				return
			}
			log.Error("CouchDB cannot be made to hold what the service needs; trying again", "cause", err)
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Second):
			}
		}
	}()
	s.closers = append(s.closers, func() { cancel(); <-done })
	return true
}

// engine is what runs functions without a show: the sandbox, or processes of the command.
func (f runnerFlags) engine(shows queryserver.Evaluator, processes int, limits sandbox.Limits,
	log *slog.Logger,
) (_ function.Engine, closeIt func(), err error) {
	d, err := couchapp.Assemble(datastore.Functions, couchapp.JavaScript)
	if err != nil {
		return nil, nil, err
	}
	if f.QueryserverCommand == "" {
		return function.Sandbox{Eval: shows, Wh: d.Shows["wh"], Limits: limits}, func() {}, nil
	}
	design, err := d.JSON()
	if err != nil {
		return nil, nil, err
	}
	pool, err := queryclient.New(queryclient.Config{
		Command: f.QueryserverCommand, Design: design, ID: d.ID, Warm: "wh", Processes: processes,
		MaxAnswer: function.MaxAnswer(limits.Result),
		Memory:    commandMemory(limits), Log: log,
	})
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("--queryserver-command: %w", err)}
	}
	engine := function.QueryServers{
		Pool: pool, Name: f.QueryserverCommand, MaxResult: limits.Result,
		Zones: &function.ZoneTables{},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := provision.Prove(ctx, function.DirectDriver{Documents: provision.ProbeCopy{}, Engine: engine}); err != nil {
		pool.Close()
		return nil, nil, usageError{fmt.Errorf("--queryserver-command: functions cannot run in it: %w", err)}
	}
	return engine, pool.Close, nil
}

// commandMemory is what a process of a command may allocate: what a function may use, and what the engine itself needs.
func commandMemory(l sandbox.Limits) uint64 { return uint64(l.Memory) + 448<<20 }

// directDriver runs functions from the copy.
func (s *service) directDriver(c serveCommand, shows queryserver.Evaluator, limits sandbox.Limits,
	log *slog.Logger,
) (function.Driver, error) {
	runs := c.Workers + rehearsalWorkers(c.Workers)
	engine, closeIt, err := c.engine(shows, runs, limits, log)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, closeIt)
	s.engine = engine
	var driver function.Driver = function.DirectDriver{Documents: s.copied, Engine: engine}
	if !c.inSandbox() {
		driver = s.inTurn(c, "queryserver", c.Workers, driver)
	}
	return driver, nil
}

// dialect knows what the engine of stored functions does not parse; nil where it is the one that checks syntax.
func (s *service) dialect(database func() (*datastore.Database, error)) function.Dialect {
	if s.engine == nil {
		return &function.ShowDialect{Database: database, Now: time.Now}
	}
	d, _ := s.engine.(function.Dialect)
	return d
}

// tellOfCopy is what /readyz tells of the copy.
func (s *service) tellOfCopy() map[string]any {
	if s.copied == nil {
		return nil
	}
	state := s.copied.State()
	tell := map[string]any{"following": state.Following, "complete": state.Complete}
	if !state.AsOf.IsZero() {
		tell["age_seconds"] = int64(state.Age(time.Now()).Seconds())
	}
	return map[string]any{"functions_copy": tell}
}

// directOn runs the functions of a database without a show and without a copy: for the doctor, who runs one once.
func directOn(engine function.Engine) func(*datastore.Database) function.Driver {
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
