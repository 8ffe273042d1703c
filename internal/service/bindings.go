package service

import (
	"context"
	"encoding/json"

	"callfn/couchapp"
	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/hostcall"
	"callfn/internal/storageplan"
)

// openBindings makes what functions may use besides their call.
func (s *Service) openBindings(context.Context) error {
	s.bindings = hostcall.New(hostcall.Config{
		KV: s.kv, RemoteKV: s.cfg.KV.NATS.URL != "",
		NoKV: "with a CouchDB there may be several callfn, each with a key-value store and counters of its own; whoever " +
			"runs callfn can name one for all with --nats-url, or say that this is the only callfn with --kv-single",
		HTTP: s.outbound, Secrets: runsSecrets{s}, AllowReveal: s.cfg.AllowReveal,
		SecretUsed: func(of account.ID, name string) { s.secretUses.Used(of, name) },
		Observe:    s.metrics.HostCalls(), Log: s.log,
	})
	return nil
}

// ownSandbox runs functions in this process's sandbox, with their bindings.
func (s *Service) ownSandbox() (function.Sandbox, error) {
	design, err := couchapp.Assemble(datastore.Functions, couchapp.Callfn)
	return function.Sandbox{Eval: s.lanes, Wh: design.Shows["wh"], Limits: s.cfg.Limits, Calls: s.bindings}, err
}

// functionDocument reads a function's document where it is stored now.
func (s *Service) functionDocument(ctx context.Context, id string) (json.RawMessage, error) {
	db, err := s.functionsDatabase()
	if err != nil {
		return nil, err
	}
	return stored{db}.Get(ctx, id)
}

// offered is what the API knows of bindings.
type offered struct {
	*hostcall.Calls
	s *Service
}

// Foreign reports whether functions are in a CouchDB, where KAZOO may fetch them too.
func (o offered) Foreign() bool {
	return o.s.node == nil || o.s.stores.Home(datastore.Functions).Connection != storageplan.Local
}
