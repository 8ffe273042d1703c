package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"callfn/couchapp"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/localcopy"
	"callfn/internal/provision"
	"callfn/internal/queryserver"
	"callfn/internal/sandbox"
)

// openDatastore opens where documents are: the CouchDB that the flags name, or the embedded node. Nothing above knows which.
func (s *service) openDatastore(ctx context.Context, c serveCommand, limits sandbox.Limits, lanes fair.Lanes, maps *sandbox.Pool, log *slog.Logger) (datastore.Resolver, error) {
	if c.CouchDBURL != "" {
		return s.openCouchDB(ctx, c, log)
	}
	engine := queryserver.Engine{Shows: lanes, Maps: maps, Limits: limits}
	var err error
	if s.node, err = couchnode.Open(filepath.Join(c.Data, "node.db"), engine, couchnode.Options{Logger: log}); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() { closing(log, "embedded node", s.node.Close()) })
	conn, err := datastore.Open(datastore.Config{URL: "http://embedded", Transport: s.node.Transport()})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() { closing(log, "datastore connection", conn.Close()) })
	s.where = "embedded node in " + c.Data
	site := provision.Site{Stores: datastore.Single{Connection: conn}, Databases: datastore.Databases(), Log: log}
	if _, err := site.CreateDatabases(ctx); err != nil {
		return nil, err
	}
	return site.Stores, site.Designs(ctx, couchapp.Callfn)
}

// openCouchDB connects, waits until CouchDB answers, and makes sure that it holds what the service needs.
func (s *service) openCouchDB(ctx context.Context, c serveCommand, log *slog.Logger) (datastore.Resolver, error) {
	sites, closeAll, err := c.sites(log)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, closeAll)
	var where []string
	for i, site := range sites {
		where = append(where, site.Stores.Connection.Address())
		if i > 0 && c.direct() && localcopy.Whole(c.copyFile()) { // functions apart, and a copy of them here
			if s.prepareLater(ctx, site, c, log) {
				continue
			}
		}
		if err := awaitCouchDB(ctx, site, c.CouchDBWait, log); err != nil {
			return nil, err
		}
		if err := prepare(ctx, site, c.FunctionsLanguage, c.runnerFlags, log); err != nil {
			return nil, err
		}
	}
	s.where = strings.Join(where, " and ")
	return resolver(sites), nil
}

func resolver(sites []provision.Site) datastore.Resolver {
	if len(sites) == 1 {
		return sites[0].Stores
	}
	return datastore.Split{Main: sites[0].Stores, Functions: sites[1].Stores}
}

// awaitCouchDB waits until CouchDB answers, for services that are started together.
func awaitCouchDB(ctx context.Context, site provision.Site, patience time.Duration, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, max(patience, time.Second))
	defer cancel()
	said := false
	for {
		_, err := site.Stores.Connection.Ping(ctx)
		if err == nil || !errors.Is(err, datastore.ErrUnreachable) {
			return err
		}
		if !said {
			log.Warn("CouchDB does not answer yet: waiting", "url", site.Stores.Connection.Address(), "at_most", patience, "cause", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return unreachableError{fmt.Errorf("CouchDB at %s: %w", site.Stores.Connection.Address(), err)}
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// prepare makes a CouchDB hold what the service needs, as far as the user's rights go, and says what is left to do. Functions
// that cannot run are no reason not to start: the API works, and calls go on at `_`.
func prepare(ctx context.Context, site provision.Site, language string, runner runnerFlags, log *slog.Logger) error {
	rights, err := site.Who(ctx)
	if err != nil {
		return err
	}
	missing, err := site.Missing(ctx)
	if err != nil {
		return err
	}
	if len(missing) > 0 && !rights.ServerAdmin {
		return fmt.Errorf("CouchDB at %s lacks the databases %s, and user %q may not create them: run once `callfn couchdb setup --admin-url URL`",
			site.Stores.Connection.Address(), strings.Join(missing, ", "), rights.User)
	}
	if rights.ServerAdmin {
		log.Warn("running with the rights of a CouchDB administrator: better run `callfn couchdb setup` once and serve with the user that it makes",
			"url", site.Stores.Connection.Address(), "user", rights.User)
		if created, err := site.CreateDatabases(ctx); err != nil {
			return err
		} else if len(created) > 0 {
			log.Info("databases created", "databases", strings.Join(created, ", "))
		}
	}
	if rights.DatabaseAdmin {
		return install(ctx, site, language, runner, log)
	}
	states, err := site.Compare(ctx)
	if err != nil {
		return err
	}
	for db, state := range states {
		if state != couchapp.Drifted {
			return fmt.Errorf("database %s at %s: our design document is %s: run `callfn couchdb setup --admin-url URL`", db, site.Stores.Connection.Address(), state)
		}
		log.Error("a design document is not this version's: run `callfn couchdb setup --admin-url URL`", "database", db)
	}
	if !site.HasFunctions() || runner.direct() {
		return nil
	}
	sayWhetherFunctionsRun(ctx, site, log)
	return nil
}

// install chooses the language and installs the design documents. Where functions run without a show, the language is only that
// of views and of other services' shows: CouchDB's own will always do.
func install(ctx context.Context, site provision.Site, language string, runner runnerFlags, log *slog.Logger) error {
	if !site.HasFunctions() {
		return site.Designs(ctx, couchapp.JavaScript)
	}
	if err := site.StoreProbe(ctx); err != nil {
		return err
	}
	chosen, err := site.Choose(ctx, language)
	if errors.Is(err, datastore.ErrUnauthorized) || errors.Is(err, datastore.ErrUnreachable) {
		return err
	}
	if err != nil && runner.direct() {
		if chosen = language; language == provision.Auto {
			chosen = couchapp.JavaScript
		}
		return site.Designs(ctx, chosen)
	}
	if err != nil { // everything but functions works; and whoever mends CouchDB need not start us anew
		log.Error("functions cannot run here", "cause", err)
		chosen = couchapp.Callfn
		if language != provision.Auto {
			chosen = language
		}
	}
	if err := site.Designs(ctx, chosen); err != nil {
		return err
	}
	log.Info("functions are evaluated", "by", chosen, "at", site.Stores.Connection.Address())
	return nil
}

// sayWhetherFunctionsRun runs one and logs what came of it.
func sayWhetherFunctionsRun(ctx context.Context, site provision.Site, log *slog.Logger) {
	if err := site.StoreProbe(ctx); err != nil {
		log.Error("it cannot be seen whether functions run", "cause", err)
		return
	}
	if err := site.Run(ctx); err != nil {
		log.Error("functions cannot run here: `callfn doctor` tells what to change", "at", site.Stores.Connection.Address(), "cause", err)
	}
}
