package service

import (
	"context"
	"crypto/rand"
	"time"

	"callfn/callflow"
	"callfn/crossbar"
	"callfn/internal/guardedhttp"
	"callfn/internal/pattern"
	"callfn/internal/version"
)

// startExecutor starts what runs callflows, from callflows and accounts that are remembered as long as nobody changes
// them.
func (s *Service) startExecutor(ctx context.Context) error {
	stored := callflow.Stored{Datastores: s.stores}
	patterns := new(pattern.Cache)
	s.directory = callflow.NewCache(stored, time.Now, patterns)
	s.followChanges()
	s.background(ctx, s.warnOfLostOrder)
	s.background(ctx, s.adoptNumbers)
	s.executor = &callflow.Executor{
		Runner: s.runner, Directory: s.directory, Flows: s.schemas, Patterns: patterns, Rules: stored,
		BranchLimit: s.cfg.MaxBranchCount,
	}
	return nil
}

// buildAPI builds the HTTP API.
func (s *Service) buildAPI(context.Context) error {
	after := newTasks(s.log)
	s.onClose(after.close)
	recovery, quota, limits := s.cfg.Recovery, s.cfg.Quota, s.cfg.Limits
	recovery.Later = after.later
	quota.Refused = s.metrics.QuotaRefused
	var recordings crossbar.Recordings
	if s.recordings != nil {
		recordings = s.recordings
	}
	s.api = crossbar.New(crossbar.Config{
		Datastores: s.stores, Storage: s.plans, Migrations: s.moves, Accounts: s.accounts, Auth: s.tokens,
		Schemas: s.schemas, Functions: s.runner,
		Simulator: &callflow.Simulator{Executor: s.executor, Web: s.rehearsalWeb()},
		Pivot:     &callflow.PivotServer{Directory: s.directory, Runner: s.runner, Flows: s.schemas},
		Secrets:   s.secrets, AllowReveal: s.cfg.AllowReveal,
		Calls: s.inProgress, CallRecordsFor: s.cfg.CallRecordsFor, Recordings: recordings,
		KV:       s.kv,
		Switches: s.switches(), FetchesMedia: s.voice.Web != nil,
		Random: rand.Reader, Now: time.Now, Log: s.log,
		Bindings: offered{s.bindings, s},
		Version:  version.String(), Node: "callfn@" + s.host,

		PublicURL: s.cfg.PublicURL, Recovery: recovery, TrustedProxies: s.cfg.Listen.TrustedProxies,
		SourceLimit: s.cfg.SourceLimit, RateLimit: s.cfg.RateLimit, Quota: quota,
		AnswerTimeout: s.cfg.Listen.BodyTimeout,

		APIKeyChanged: s.keyChanged, CallflowChanged: s.directory.Forget, ReadyDetails: s.copyDetails,
		Ready: s.callsAreFound,
		Room:  func(ctx context.Context) error { return s.writes.room(ctx, s.stores, time.Now) },
		CatalogueLimits: map[string]any{
			"deadline_ms": limits.Deadline.Milliseconds(), "memory_bytes": limits.Memory, "result_bytes": limits.Result,
		},
	})
	return nil
}

// rehearsalWeb is what lets rehearsals ask web servers, where the operator does; else nil.
func (s *Service) rehearsalWeb() *callflow.Web {
	if !s.cfg.RehearsalHTTP {
		return nil
	}
	web := callflow.NewWeb(guardedhttp.Config{})
	s.onClose(web.Close)
	return web
}
