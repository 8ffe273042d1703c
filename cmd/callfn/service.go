package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"callfn/callflow"
	"callfn/couchapp"
	"callfn/crossbar"
	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/guardedhttp"
	"callfn/internal/localcopy"
	"callfn/internal/metrics"
	"callfn/internal/pattern"
	"callfn/internal/provision"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/version"
	"callfn/schemas"
)

// service is everything `callfn serve` holds open. close undoes what openService did, newest first.
type service struct {
	api     http.Handler
	calls   *sandbox.Pool    // nil where a CouchDB runs functions
	node    *couchnode.Node  // nil where a CouchDB holds the documents
	sites   []provision.Site // that the flags name
	where   string           // documents are, for people
	keyFile string           // where the generated master key was written, at the first start only
	key     string
	account account.ID // the master account
	closers []func()
	copied  *localcopy.Copy // of the function documents; nil with shows
	engine  function.Engine // that runs them; nil with shows

	partial     atomic.Uint64 // writes that too few nodes of a cluster took
	writes      writeHealth
	metrics     *metrics.Metrics
	confinement string // what holds the sandbox processes in
}

func (s *service) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// openService opens the datastore, makes sure that it holds what the service needs, and builds the API.
func openService(ctx context.Context, c serveCommand, limits sandbox.Limits, w world, log *slog.Logger) (_ *service,
	err error,
) {
	s := &service{metrics: metrics.New(version.String())}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	recovery, err := c.recovery()
	if err != nil {
		return nil, err
	}
	if err := prepareData(c.Data); err != nil {
		return nil, err
	}
	_, lacking := knownSecret(c.SecretKeyFile, c.Data)
	secret, err := readSecret(c.SecretKeyFile, c.Data)
	if err != nil {
		return nil, err
	}
	warnOfReaders(log, cmp.Or(c.SecretKeyFile, ownSecret(c.Data)), filepath.Join(c.Data, "master-api-key"),
		c.CouchDBPasswordFile, c.FunctionsCouchDBPasswordFile)
	lanes, maps, err := s.openPools(c, w, log)
	if err != nil {
		return nil, err
	}
	stores, err := s.openDatastore(ctx, c, secret, limits, lanes, maps, log)
	if err != nil {
		return nil, err
	}
	moves, err := s.moveDatabases(c, stores, log)
	if err != nil {
		return nil, err
	}
	plans := s.keepStoragePlan(c, limits.Deadline, stores, moves, log)
	functions, err := couchapp.Assemble(datastore.Functions, couchapp.Callfn)
	if err != nil {
		return nil, err
	}
	accounts := account.NewStore(account.Config{Datastores: stores, Random: rand.Reader, Now: time.Now})
	if err := s.master(ctx, accounts, c, w); err != nil {
		return nil, err
	}
	tokens := auth.New(auth.Config{Datastores: stores, Secret: secret, Random: rand.Reader, Now: time.Now})
	if err := s.signingKeys(ctx, tokens, log); err != nil {
		if errors.Is(err, auth.ErrWrongSecret) && lacking != nil { // the new secret fits nothing that is stored
			return nil, usageError{errors.Join(missingSecret(c.Data), os.Remove(ownSecret(c.Data)))}
		}
		return nil, asSetting(err)
	}
	set, err := schemas.Load()
	if err != nil {
		return nil, err
	}
	known := account.NewCache(accounts, time.Now)
	records := s.recordRuns(c, stores, log)
	guard := s.guardFunctions(c, stores, known, log)
	database := functionsOf(stores)
	if err := s.copyFunctions(c, database, log); err != nil {
		return nil, err
	}
	driver, err := s.driver(c, stores, lanes, limits, log)
	if err != nil {
		return nil, err
	}
	runner := function.NewRunner(function.Config{
		Driver: driver,
		Drafts: function.LocalDrafts{Eval: lanes, Wh: functions.Shows["wh"], Limits: limits},
		Flows:  set, NewRun: newRun, Deadline: limits.Deadline, Log: log, Parameters: callflow.ParameterNames(),
		Root: topLevel(known), Observers: []function.Observer{records, guard, s.metrics},
		Dialect: s.dialect(database),
	})
	stored := callflow.Stored{Datastores: stores}
	patterns := new(pattern.Cache)
	directory := callflow.NewCache(stored, time.Now, patterns)
	s.followChanges(stores, directory, known, log)
	s.warnOfLostOrder(stores, log)
	s.adoptNumbers(stores, log)
	executor := &callflow.Executor{
		Runner: runner, Directory: directory, Flows: set, Patterns: patterns, Rules: stored,
		BranchLimit: c.MaxBranchCount,
	}
	after := newErrands(log)
	s.closers = append(s.closers, after.close)
	recovery.Later = after.later
	host, err := os.Hostname()
	if err != nil {
		host = "callfn"
	}
	s.api = crossbar.New(crossbar.Config{
		Datastores: stores, Storage: plans, Migrations: moves, Accounts: accounts, Auth: tokens, Schemas: set,
		Functions: runner,
		Pivot:     &callflow.PivotServer{Directory: directory, Runner: runner, Flows: set},
		PublicURL: c.PublicURL, Recovery: recovery, TrustedProxies: c.TrustedProxy, AnswerTimeout: c.BodyTimeout,
		Simulator: &callflow.Simulator{Executor: executor, Web: s.rehearsalWeb(c)}, Random: rand.Reader, Now: time.Now,
		Log:             log,
		APIKeyChanged:   s.keepKeyFile(filepath.Join(c.Data, masterKeyFile), log),
		CallflowChanged: directory.Forget, ReadyDetails: s.tellOfCopy,
		Room:    func(ctx context.Context) error { return s.writes.room(ctx, stores, time.Now) },
		Version: version.String(), Node: "callfn@" + host, SourceLimit: c.SourceLimitKiB << 10,
		RateLimit: crossbar.RateLimit(c.RateLimit),
		Quota: crossbar.Quota{
			Documents: c.AccountDocuments, Bytes: int64(c.AccountMiB) << 20, Descendants: c.AccountDescendants,
			Refused: s.metrics.QuotaRefused,
		},
		CatalogueLimits: map[string]any{
			"deadline_ms": limits.Deadline.Milliseconds(), "memory_bytes": limits.Memory, "result_bytes": limits.Result,
		},
	})
	return s, nil
}

// rehearsalWeb is what lets rehearsals ask web servers, where the operator does.
func (s *service) rehearsalWeb(c serveCommand) *callflow.Web {
	if !c.RehearsalHTTP {
		return nil
	}
	web := callflow.NewWeb(guardedhttp.Config{})
	s.closers = append(s.closers, web.Close)
	return web
}

// signingKeys makes tokens ready to be signed. The first start makes the keys, which takes a moment of computing, while
// the service is up already; a login meanwhile waits.
func (s *service) signingKeys(ctx context.Context, tokens *auth.Service, log *slog.Logger) error {
	found, err := tokens.Load(ctx)
	if err != nil || found {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := tokens.Prepare(ctx); err != nil && ctx.Err() == nil {
			log.Error("signing keys cannot be made; logins will try again", "error", err)
		}
	}()
	s.closers = append(s.closers, func() {
		cancel()
		<-done
	})
	return nil
}

// topLevel names an account's top-level ancestor for the sandbox's queues; "" for an account that cannot be read now.
func topLevel(accounts *account.Cache) func(context.Context, account.ID) account.ID {
	return func(ctx context.Context, id account.ID) account.ID {
		ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		a, err := accounts.Get(ctx, id)
		if err != nil {
			return ""
		}
		return a.TopLevel()
	}
}

// openPools starts the sandbox: a pool for calls, a smaller one for rehearsals, and one process for the views' map
// functions, so that neither ever stands before a call. Accounts take turns in the first two.
func (s *service) openPools(c serveCommand, w world, log *slog.Logger) (lanes fair.Lanes, maps *sandbox.Pool,
	err error,
) {
	command, err := w.workerCommand()
	if err != nil {
		return lanes, nil, err
	}
	var rehearsals *sandbox.Pool
	few := rehearsalWorkers(c.Workers)
	for _, p := range []struct {
		pool            **sandbox.Pool
		workers, spares int
	}{{&rehearsals, few, 0}, {&s.calls, c.Workers, 1}, {&maps, 1, 0}} { // no call waits until a killed process is replaced
		if c.CouchDBURL != "" && (p.pool == &maps || p.pool == &s.calls && !c.inSandbox()) {
			continue // CouchDB has its own for these, or runs them in processes of a command
		}
		pool, err := sandbox.NewPool(sandbox.Config{
			Command: command, Workers: p.workers, Spares: p.spares, Queue: c.Queue, Log: log,
			RequireConfinement: c.RequireConfinement,
		})
		if err != nil {
			return lanes, nil, err
		}
		s.closers = append(s.closers, pool.Close)
		*p.pool = pool
		s.confinement = pool.Confinement().String()
	}
	own := fair.NewLane(rehearsals, fair.Config{
		Workers: few, Queue: c.Queue,
		MaxWait: runs.RehearsalWait,
	})
	lanes = fair.Lanes{Calls: own, Rehearsals: own}
	s.metrics.Lane("sandbox", "rehearsals", own.Stats)
	s.metrics.Workers("rehearsals", rehearsals.Workers)
	if s.calls != nil {
		calls := fair.NewLane(s.calls, fair.Config{
			Workers: c.Workers, Queue: c.Queue, AccountWorkers: c.AccountWorkers, TreeWorkers: c.TreeWorkers,
			MaxWait: runs.CallWait,
		})
		lanes.Calls = calls
		s.metrics.Lane("sandbox", "calls", calls.Stats)
		s.metrics.Workers("calls", s.calls.Workers)
	}
	return lanes, maps, nil
}

// rehearsalWorkers is how many processes rehearsals have where calls have workers.
func rehearsalWorkers(workers int) int { return max(workers/4, 1) }

// newRun makes a run id. crypto/rand does not fail on any system Go runs on; should it, the run stops here.
func newRun() runs.ID {
	id, err := runs.NewID(time.Now(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return id
}

// master makes sure of the master account, with the key from the environment, or with one made at the first start. A
// made key is on disk before the account has it: a crash in between loses nothing.
func (s *service) master(ctx context.Context, accounts *account.Store, c serveCommand, w world) error {
	given := w.getenv("CALLFN_MASTER_API_KEY")
	file := filepath.Join(c.Data, masterKeyFile)
	key := given
	if key == "" {
		var err error
		if key, err = generatedKey(ctx, accounts, file); err != nil {
			return err
		}
	}
	master, created, err := accounts.EnsureMaster(ctx, c.MasterAccount, key)
	if err != nil {
		return fmt.Errorf("master account: %w", err)
	}
	s.account = master.ID()
	if err := refreshKeyFile(file, master.APIKey()); err != nil {
		return err
	}
	if created {
		s.key = master.APIKey()
		if given == "" {
			s.keyFile = file
		}
	}
	return nil
}

func closing(log *slog.Logger, what string, err error) {
	if err != nil {
		log.Error("closing failed", "what", what, "error", err)
	}
}

// couchServer serves the embedded node on a socket.
func (s *service) couchServer(c serveCommand, w world, log *slog.Logger) (*http.Server, net.Listener, error) {
	l, err := net.Listen("tcp", c.CouchListen)
	if err != nil {
		return nil, nil, fmt.Errorf("--couch-listen: %w", err)
	}
	cfg := couchnode.PublicConfig{Listen: l.Addr().String()}
	if c.CouchUser != "" {
		cfg.Credentials = &couchnode.Credentials{User: c.CouchUser, Password: w.getenv("CALLFN_COUCH_PASSWORD")}
	}
	h, err := couchnode.Public(s.node, cfg)
	if err != nil {
		_ = l.Close()
		return nil, nil, usageError{fmt.Errorf("--couch-listen %s: %w", c.CouchListen, err)}
	}
	return server(l, h, c, log), l, nil
}

// hexKey is 32 random bytes as hex digits.
func hexKey() (string, error) {
	b := make([]byte, 32)
	_, err := rand.Read(b)
	return hex.EncodeToString(b), err
}
