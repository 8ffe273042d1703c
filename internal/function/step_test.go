package function_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/couchapp"
	"callfn/internal/account"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/function/workload"
	"callfn/internal/queryserver"
	"callfn/internal/runrecord"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/schemas"
)

// step is the way of a call's function as `callfn serve` wires it, for benchmarks.
type step struct {
	executor *callflow.Executor
	db       *datastore.Database
}

// embeddedStep runs functions in a node in a file with sandbox processes, at which accounts take turns.
func embeddedStep(b *testing.B) *step {
	b.Helper()
	before := debug.SetGCPercent(400) // as `callfn serve` does
	b.Cleanup(func() { debug.SetGCPercent(before) })
	workers := max(2, runtime.GOMAXPROCS(0))
	calls, maps := sandboxtest.Pool(b, workers), sandboxtest.Pool(b, 1)
	lanes := fair.Lanes{
		Calls: fair.NewLane(calls, fair.Config{
			Workers: workers, Queue: 256,
			MaxWait: runs.CallWait,
		}),
		Rehearsals: maps,
	}
	node, err := couchnode.Open(filepath.Join(b.TempDir(), "node.db"), queryserver.Engine{Shows: lanes, Maps: maps},
		couchnode.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = node.Close() })
	c := connect(b, datastore.Config{URL: "http://node", Transport: node.Transport()})
	database := install(b, c, couchapp.Callfn).Driver.(*function.ShowDriver).Database
	return newStep(b, c, database, function.EarlyRefusal{
		Full: lanes.Full, Driver: function.NodeDriver{Database: database},
	})
}

// openStep runs functions in a CouchDB.
func openStep(b *testing.B, c *datastore.Connection, language string) *step {
	b.Helper()
	driver := install(b, c, language).Driver.(*function.ShowDriver)
	places := 4 * max(2, runtime.GOMAXPROCS(0))
	lane := func(places int) *fair.Lane {
		return fair.NewLane(nil, fair.Config{
			Workers: places, Queue: 256, AccountWorkers: places / 2, TreeWorkers: places / 2, MaxWait: runs.CallWait,
		})
	}
	turns := function.Turns{Calls: lane(places), Rehearsals: lane(2)}
	return newStep(b, c, driver.Database, function.InTurn{Driver: driver, Turns: turns})
}

// newStep makes what a call's function needs around a driver; runs are recorded beside the functions database.
func newStep(b *testing.B, c *datastore.Connection, database func() (*datastore.Database, error),
	driver function.Driver,
) *step {
	b.Helper()
	db, err := database()
	if err != nil {
		b.Fatal(err)
	}
	set, err := schemas.Load()
	if err != nil {
		b.Fatal(err)
	}
	runner := function.NewRunner(function.Config{
		Driver: driver, Flows: set, Observers: []function.Observer{recorder(b, c, db.Name()+"_")}, Deadline: time.Second,
		NewRun: newRun,
		Root:   func(_ context.Context, id account.ID) account.ID { return id },
	})
	return &step{executor: &callflow.Executor{Runner: runner, Directory: callflow.Memory{}, Flows: set}, db: db}
}

func newRun() runs.ID {
	id, err := runs.NewID(time.Now(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return id
}

// recorder keeps records of runs with the defaults of `callfn serve`.
func recorder(b *testing.B, c *datastore.Connection, prefix string) *runrecord.Recorder {
	b.Helper()
	stores := datastore.Single{Connection: c, Prefix: prefix}
	db, err := stores.Resolve(datastore.FunctionRuns, runrecord.DocumentType)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.EnsureDatabase(b.Context(), db.Name()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Ask(context.Background(), "DELETE", "/"+db.Name(), nil, nil) })
	design, err := couchapp.Assemble(datastore.FunctionRuns, couchapp.Callfn)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := couchapp.Install(b.Context(), db, design); err != nil {
		b.Fatal(err)
	}
	r := runrecord.New(runrecord.Config{Datastores: stores, Now: time.Now, Keep: runrecord.DefaultKeep()})
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		r.Close(ctx)
		if s := r.Stats(); s.Dropped+s.Lost > 0 {
			b.Logf("of the run records, %d were written, %d dropped for want of room, %d lost", s.Written, s.Dropped, s.Lost)
		}
	})
	return r
}

// caller is a call of an account that meets one of the account's functions.
type caller struct {
	call     *callflow.Call
	function function.ID
}

// accountID is the n-th account.
func accountID(n int) account.ID { return account.ID(fmt.Sprintf("%032x", 0xacc000+n)) }

// caller stores a function under the n-th id.
func (s *step) caller(b *testing.B, n int, owner account.ID, f workload.Function) caller {
	b.Helper()
	id := function.ID(fmt.Sprintf("%032x", 0xf000+n))
	if _, err := s.db.BulkSave(b.Context(), []datastore.Document{functionDocument(string(id), string(owner),
		f)}); err != nil {
		b.Fatal(err)
	}
	return calling(b, owner, id, f)
}

func calling(b *testing.B, owner account.ID, id function.ID, f workload.Function) caller {
	call, _, err := callflow.ParseCall(owner, f.Call())
	if err != nil {
		b.Fatal(err)
	}
	return caller{call, id}
}

// fill stores many functions of some accounts, in turn.
func (s *step) fill(b *testing.B, functions, accounts int, of func(n int) workload.Function) []caller {
	b.Helper()
	all := make([]caller, 0, functions)
	calls := map[string]caller{} // few, so that the collector need not go through what only the benchmark keeps
	var batch []datastore.Document
	for n := range functions {
		owner, id, f := accountID(n%accounts), function.ID(fmt.Sprintf("%032x", uint64(n)*2654435761)), of(n)
		c, ok := calls[string(owner)+f.Name]
		if !ok {
			c = calling(b, owner, id, f)
			calls[string(owner)+f.Name] = c
		}
		all = append(all, caller{c.call, id})
		batch = append(batch, functionDocument(string(id), string(owner), f))
		if len(batch) == 500 || n == functions-1 {
			if _, err := s.db.BulkSave(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = nil
		}
	}
	return all
}

// run measures calls; of says which the n-th is.
func (s *step) run(b *testing.B, of func(n uint64) caller) {
	b.Helper()
	measure(b, func(n uint64) error {
		c := of(n)
		if got := s.walk(b.Context(), c); got != runs.OK {
			return fmt.Errorf("function %s: outcome %s", c.function, got)
		}
		return nil
	})
}

// walk takes the call through a flow that runs the function, and says what came of the function.
func (s *step) walk(ctx context.Context, c caller) (outcome runs.Outcome) {
	call := *c.call // modules change their call
	call.ApplicationVars, call.ChannelVars = maps.Clone(call.ApplicationVars), maps.Clone(call.ChannelVars)
	s.executor.Run(ctx, callflow.Walk{
		Call: &call, Switch: &quietSwitch{}, Origin: function.FromCall, Began: time.Now(),
		Flow: callflow.NodeOf(map[string]any{"module": "function", "data": map[string]any{"id": string(c.function)}}),
		Observe: func(s callflow.Step) {
			if s.Function != nil {
				outcome = s.Function.Outcome
			}
		},
	})
	return outcome
}

// quietSwitch does at once what the workload's flows ask of a switch.
type quietSwitch struct {
	callflow.Control
	gone bool
}

func (s *quietSwitch) Answer(context.Context) error                  { return nil }
func (s *quietSwitch) Speak(context.Context, callflow.Speech) error  { return nil }
func (s *quietSwitch) Set(context.Context, callflow.Variables) error { return nil }
func (s *quietSwitch) Now() time.Duration                            { return 0 }
func (s *quietSwitch) Can(callflow.Ability) bool                     { return true }

func (s *quietSwitch) Bridge(context.Context, callflow.Bridge) (callflow.Bridged, error) {
	return callflow.Bridged{Cause: "SUCCESS"}, nil
}

func (s *quietSwitch) Hangup(context.Context, string) error {
	s.gone = true
	return nil
}

func (s *quietSwitch) Gone() (callflow.Ended, bool) { return callflow.Ended{}, s.gone }
