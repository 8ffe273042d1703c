package service

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/calls"
	"callfn/internal/couchnode"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/hostcall"
	"callfn/internal/kv"
	"callfn/internal/localcopy"
	"callfn/internal/memo"
	"callfn/internal/metrics"
	"callfn/internal/mover"
	"callfn/internal/numbers"
	"callfn/internal/outbound"
	"callfn/internal/provision"
	"callfn/internal/recording"
	"callfn/internal/sandbox"
	"callfn/internal/secret"
	"callfn/internal/sip"
	"callfn/internal/storageplan"
	"callfn/internal/version"
	"callfn/internal/voice"
	"callfn/schemas"
)

// Service is everything that runs. Open starts it; Close stops it.
type Service struct {
	cfg     Config
	log     *slog.Logger
	host    string
	metrics *metrics.Metrics
	closers []func()

	secret    auth.Secret // seals private keys
	newSecret bool        // made by this start

	maps        *sandbox.Pool // for the views' map functions; nil where a CouchDB holds the documents
	lanes       fair.Lanes    // in which accounts take turns at the sandbox
	confinement string        // of the sandbox processes

	node    *couchnode.Node  // nil where a CouchDB holds the documents
	sites   []provision.Site // the CouchDBs of the Config
	stores  *storageplan.Resolver
	where   string        // the documents are, for people
	partial atomic.Uint64 // writes that too few nodes of a cluster took
	writes  WriteHealth
	moves   *mover.Mover
	plans   *storageplan.Keeper

	kv       *kv.Store       // of functions; nil where there is none, see KV
	bindings *hostcall.Calls // what functions may use

	accounts     *account.Store
	known        *account.Cache
	owners       *numbers.Cache
	homes        *memo.Memo[string, account.ID]
	master       Master
	tokens       *auth.Service
	secrets      *secret.Store
	outbound     *outbound.Client
	secretUses   *secret.Uses
	secretReader *secret.Reader
	schemas      *schemas.Set
	copied       *localcopy.Copy // of the function documents; nil with shows
	engine       function.Engine // that runs them; nil with shows
	runner       *function.Runner
	directory    *callflow.Cache
	executor     *callflow.Executor

	inProgress *calls.Registry  // of real calls
	recordings *recording.Store // nil where no calls come in
	voice      voice.Config
	callsWeb   *callflow.Web
	handler    *calls.Handler

	api     http.Handler
	servers []*server
	sip     *sip.Server // nil where no calls come in
}

// Open opens the datastore, makes sure that it holds what the service needs, starts what runs in the background, and
// builds the API. Nothing listens yet: see Listen. After an error nothing is left running.
//
// An error is a SettingError when no further start can mend it, and wraps datastore.ErrUnreachable when CouchDB does
// not answer.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Service, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "callfn"
	}
	s := &Service{cfg: cfg, log: log, host: host, metrics: metrics.New(version.String())}
	for _, step := range []func(context.Context) error{
		s.openData,
		s.startSandbox,
		s.openKV,
		s.openOutbound,
		s.openBindings,
		s.openDatastore,
		s.startMoves,
		s.keepStoragePlan,
		s.ensureMaster,
		s.openSecrets,
		s.loadSigningKeys,
		s.startRunner,
		s.startExecutor,
		s.watchCalls,
		s.startCalls,
		s.buildAPI,
	} {
		if err := step(ctx); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// Close stops everything, the latest first. The sockets are closed by Serve.
func (s *Service) Close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
	s.closers = nil
}

// onClose has Close call a function before those that it was told of earlier.
func (s *Service) onClose(stop func()) { s.closers = append(s.closers, stop) }

// closing has Close close something, and logs an error of that.
func (s *Service) closing(what string, closeIt func() error) {
	s.onClose(func() { logClose(s.log, what, closeIt()) })
}

// background runs a function until it is done or Close cancels its context; Close waits for it.
func (s *Service) background(ctx context.Context, run func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	s.onClose(func() {
		cancel()
		<-done
	})
}

func logClose(log *slog.Logger, what string, err error) {
	if err != nil {
		log.Error("cannot close", "what", what, "error", err)
	}
}

// Where says for people where the documents are.
func (s *Service) Where() string { return s.where }

// Confinement says what holds the sandbox processes in.
func (s *Service) Confinement() string { return s.confinement }

// Master is the master account, as this start found or made it.
type Master struct {
	Account account.ID
	NewKey  string // its API key, if this start created the account
	KeyFile string // that holds a key which this start generated; "" for a key from the Config
}

// Master says which account is the master account.
func (s *Service) Master() Master { return s.master }

// instance names this process to others: "host, process 42, …".
func (s *Service) instance(id string) string {
	return fmt.Sprintf("%s, process %d, %s", s.host, os.Getpid(), id)
}
