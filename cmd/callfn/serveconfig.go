package main

import (
	"errors"
	"runtime"

	"callfn/crossbar"
	"callfn/internal/autodisable"
	"callfn/internal/outbound"
	"callfn/internal/runrecord"
	"callfn/internal/service"
)

// config returns the service's Config for the flags. It refuses contradictory or malformed flags before anything is
// created or requested.
func (c serveCommand) config(env environment) (cfg service.Config, err error) {
	if err := errors.Join(c.check(), c.checkRunner(), c.checkWritten(env)); err != nil {
		return cfg, err
	}
	if cfg.CouchDB, err = c.couchDB(); err != nil {
		return cfg, err
	}
	cfg.CouchDB.Runs, cfg.CouchDB.Wait = c.CouchDBRuns, c.CouchDBWait
	cfg.CouchDB.Post, cfg.CouchDB.MaxTarget = c.ShowTransport == "post", c.ShowMaxTarget
	cfg.Workers.Command = env.worker
	if cfg.Recovery, err = c.recovery(); err != nil {
		return cfg, err
	}
	if cfg.PublicURL, err = publicURL(c.PublicURL); err != nil {
		return cfg, err
	}

	cfg.Data, cfg.CheckData, cfg.SecretKeyFile = c.Data, c.CheckData, c.SecretKeyFile
	cfg.SecretFiles = []string{c.CouchDBPasswordFile, c.FunctionsCouchDBPasswordFile}
	cfg.MasterAccount, cfg.MasterKey = c.MasterAccount, env.getenv("CALLFN_MASTER_API_KEY")

	cfg.KV = c.keyValues()
	cfg.Limits, cfg.Runner = c.limits(), c.runner()
	cfg.Workers.Processes = c.Workers
	if c.Workers == 0 {
		cfg.Workers.Processes = max(runtime.GOMAXPROCS(0), 2)
	}
	cfg.Workers.Queue, cfg.Workers.RequireConfinement = c.Queue, c.RequireConfinement
	cfg.Workers.PerAccount, cfg.Workers.PerTree = c.AccountWorkers, c.TreeWorkers
	cfg.Workers.Waiting = c.HTTPWorkers

	cfg.Records = runrecord.Keep{
		Successes: c.KeepSuccesses, Failures: c.KeepFailures, Rehearsals: c.KeepRehearsals, PerAccount: c.AccountRecords,
		For: c.KeepRunsFor, Parameters: c.RecordParameters,
	}
	cfg.CallRecordsFor = c.KeepCallsFor
	cfg.Disable = autodisable.Threshold{Failures: c.DisableAfter, Within: c.DisableWithin}
	cfg.Quota = crossbar.Quota{
		Documents: c.AccountDocuments, Bytes: int64(c.AccountMiB) << 20, Descendants: c.AccountDescendants,
	}
	cfg.MaxBranchCount, cfg.RehearsalHTTP, cfg.SourceLimit = c.MaxBranchCount, c.RehearsalHTTP, c.SourceLimitKiB<<10
	for _, text := range c.HTTPAllow {
		allowed, err := outbound.ParseAllowed(text)
		if err != nil {
			return cfg, usageError{errorf("--http-allow %w", err)}
		}
		cfg.HTTPAllow = append(cfg.HTTPAllow, allowed)
	}
	cfg.RateLimit, cfg.AllowReveal = crossbar.RateLimit(c.RateLimit), c.AllowReveal

	cfg.Listen = service.Listening{
		API: c.Listen, Metrics: c.MetricsListen, Couch: c.CouchListen,
		CouchUser: c.CouchUser, CouchPassword: env.getenv("CALLFN_COUCH_PASSWORD"), TrustedProxies: c.TrustedProxy,
		HeaderTimeout: c.HeaderTimeout, BodyTimeout: c.BodyTimeout, MaxConnections: c.MaxConnections,
		Shutdown: c.ShutdownTimeout,
	}
	cfg.SIP, err = c.sip()
	return cfg, err
}
