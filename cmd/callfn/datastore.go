package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"callfn/couchapp"
	"callfn/internal/auth"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/localcopy"
	"callfn/internal/provision"
	"callfn/internal/queryserver"
	"callfn/internal/sandbox"
	"callfn/internal/storageplan"
)

// openDatastore opens where documents are: the CouchDB that the flags name, or the embedded node, and what the stored
// storage plan names besides. Nothing above knows which.
func (s *service) openDatastore(ctx context.Context, c serveCommand, secret auth.Secret, limits sandbox.Limits,
	lanes fair.Lanes, maps *sandbox.Pool, log *slog.Logger,
) (*storageplan.Resolver, error) {
	cfg := storageplan.Config{
		Secret: secret, Direct: c.direct(), Log: log,
		OnOutage:  func(connection string) func(bool, error) { return outages(log, connection) },
		OnPartial: func(connection string) func() { return s.watch().partial(log, connection) },
		OnWrite:   s.watch().written,
	}
	s.metrics.PartialWrites(s.partial.Load)
	s.metrics.FailedWrites(s.writes.failed)
	var err error
	if c.CouchDBURL != "" {
		err = s.openCouchDB(ctx, c, &cfg, log)
	} else {
		cfg.Main, err = s.openNode(ctx, c, limits, lanes, maps, log)
	}
	if err != nil {
		return nil, err
	}
	stores, err := storageplan.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, stores.Close)
	s.where = whereabouts(stores, s.where)
	return stores, s.prepareSites(ctx, c, stores, log)
}

// whereabouts says for people where documents are. own is what the connection Local is called; its address when empty.
func whereabouts(stores *storageplan.Resolver, own string) string {
	overview := stores.Overview()
	var all []string
	for _, place := range overview.Databases {
		switch {
		case place.Connection == storageplan.Local && own != "":
			all = append(all, own)
		case place.Address != "":
			all = append(all, place.Address)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " and ")
}

func (s *service) openNode(ctx context.Context, c serveCommand, limits sandbox.Limits, lanes fair.Lanes,
	maps *sandbox.Pool, log *slog.Logger,
) (datastore.Single, error) {
	var none datastore.Single
	engine := queryserver.Engine{Shows: lanes, Maps: maps, Limits: limits}
	err := documentsAreThere(c.Data, log)
	if err != nil {
		return none, err
	}
	if s.node, err = couchnode.Open(filepath.Join(c.Data, "node.db"), engine, couchnode.Options{Logger: log}); err != nil {
		return none, err
	}
	s.closers = append(s.closers, func() { closing(log, "embedded node", s.node.Close()) })
	if c.CheckData {
		begun := time.Now()
		if err := s.node.Check(); err != nil {
			return none, err
		}
		log.Debug("checked the data file", "took_ms", time.Since(begun).Milliseconds())
	}
	conn, err := datastore.Open(datastore.Config{
		URL: "http://embedded", Transport: s.node.Transport(),
		OnWrite: s.watch().written(string(storageplan.Local)),
	})
	if err != nil {
		return none, err
	}
	s.closers = append(s.closers, func() { closing(log, "datastore connection", conn.Close()) })
	s.where = "embedded node in " + c.Data
	site := provision.Site{Stores: datastore.Single{Connection: conn}, Databases: datastore.Databases(), Log: log}
	if _, err := site.CreateDatabases(ctx); err != nil {
		return none, err
	}
	return site.Stores, site.Designs(ctx, couchapp.Callfn)
}

// openCouchDB connects, waits until CouchDB answers, and makes sure that it holds the storage plan.
func (s *service) openCouchDB(ctx context.Context, c serveCommand, cfg *storageplan.Config, log *slog.Logger) error {
	sites, closeAll, err := c.sites(log, true, s.watch())
	if err != nil {
		return err
	}
	s.closers = append(s.closers, closeAll)
	for i, site := range sites {
		if i > 0 && c.direct() && localcopy.Whole(c.copyFile()) && s.prepareLater(ctx, site, c, log) {
			continue // functions apart, and a copy of them here
		}
		if err := awaitCouchDB(ctx, site, c.CouchDBWait, lockoutPatience, log); err != nil {
			return asSetting(err)
		}
		s.sites = append(s.sites, site)
	}
	cfg.Main = sites[0].Stores
	if len(sites) > 1 {
		cfg.Functions = &sites[1].Stores
	}
	first := sites[0]
	first.Databases = []string{datastore.SystemData}
	done, err := first.Prepare(ctx, c.FunctionsLanguage)
	if len(done.Created) > 0 {
		log.Info("databases created", "databases", strings.Join(done.Created, ", "))
	}
	return err
}

// prepareSites makes sure that the CouchDBs of the flags hold what the service needs there, by the storage plan.
func (s *service) prepareSites(ctx context.Context, c serveCommand, stores *storageplan.Resolver,
	log *slog.Logger,
) error {
	for _, site := range atHome(s.sites, stores) {
		site.Direct = c.direct()
		if err := prepare(ctx, site, c.FunctionsLanguage, log); err != nil {
			return err
		}
	}
	return nil
}

// atHome are the sites of the flags, each with the databases that the storage plan has there.
func atHome(sites []provision.Site, stores *storageplan.Resolver) []provision.Site {
	out := make([]provision.Site, len(sites))
	for i, site := range sites {
		site.Databases = stores.Overview().On([]storageplan.Tag{storageplan.Local, storageplan.Flagged}[i])
		out[i] = site
	}
	return out
}

// lockoutPatience is how long the start waits for CouchDB to let a user in that it has locked out: longer than its five
// minutes.
const lockoutPatience = 6 * time.Minute

// awaitCouchDB waits until CouchDB answers, for services that are started together, and until it lets our user in,
// which an earlier start with another password may have locked out, at most for the time of lockout.
func awaitCouchDB(ctx context.Context, site provision.Site, patience, lockout time.Duration, log *slog.Logger) error {
	begun := time.Now()
	most, said := max(patience, time.Second), ""
	for {
		asking, cancel := context.WithDeadline(ctx, begun.Add(most))
		_, err := site.Stores.Connection.Ping(asking)
		cancel()
		what := "CouchDB does not answer yet: waiting"
		switch {
		case datastore.LockedOut(err):
			most, what = max(most, lockout), "CouchDB has locked our user out after failed logins: waiting"
		case err == nil, !errors.Is(err, datastore.ErrUnreachable):
			return err
		}
		if said != what {
			log.Warn(what, "url", site.Stores.Connection.Address(), "at_most", most, "error", err)
			said = what
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
		if time.Since(begun) >= most {
			return unreachableError{fmt.Errorf("CouchDB at %s: %w", site.Stores.Connection.Address(), err)}
		}
	}
}

// prepare makes a CouchDB hold what the service needs, and logs what an operator should know.
func prepare(ctx context.Context, site provision.Site, language string, log *slog.Logger) error {
	p, err := site.Prepare(ctx, language)
	if err != nil {
		return err
	}
	address := site.Stores.Connection.Address()
	if p.Rights.ServerAdmin {
		log.Warn("running with the rights of a CouchDB administrator: better run `callfn couchdb setup` once and serve "+
			"with the user that it makes",
			"url", address, "user", p.Rights.User)
	}
	if len(p.Created) > 0 {
		log.Info("databases created", "databases", strings.Join(p.Created, ", "))
	}
	sayWhoEvaluates(site, p.Language, p.Runs, log)
	return nil
}

// sayWhoEvaluates logs where functions run, and in which language, or why they do not.
func sayWhoEvaluates(site provision.Site, language string, runs error, log *slog.Logger) {
	address := site.Stores.Connection.Address()
	if runs != nil {
		log.Error("functions cannot run here: `callfn doctor` tells what to change", "at", address, "cause", runs)
	}
	if language != "" && !site.Direct {
		log.Info("functions are evaluated", "by", language, "at", address)
	}
}
