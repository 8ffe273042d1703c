package service

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"callfn/couchapp"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/queryserver"
	"callfn/internal/storageplan"
)

// openDatastore opens where documents are: the CouchDB of the Config, or the embedded node, and what the stored storage
// plan names besides. Nothing above knows which.
func (s *Service) openDatastore(ctx context.Context) error {
	watch := Watch{CountPartial: func() { s.partial.Add(1) }, Health: &s.writes}
	cfg := storageplan.Config{
		Secret: s.secret, Direct: s.cfg.Runner.Direct, Log: s.log,
		OnOutage:  func(connection string) func(bool, error) { return logOutages(s.log, connection) },
		OnPartial: func(connection string) func() { return watch.partial(s.log, connection) },
		OnWrite:   watch.written,
	}
	s.metrics.PartialWrites(s.partial.Load)
	s.metrics.FailedWrites(s.writes.failed)
	var err error
	if s.cfg.CouchDB.Main.URL != "" {
		err = s.openCouchDB(ctx, &cfg, watch)
	} else {
		cfg.Main, err = s.openNode(ctx, watch)
	}
	if err != nil {
		return err
	}
	if s.stores, err = storageplan.Open(ctx, cfg); err != nil {
		return err
	}
	s.onClose(s.stores.Close)
	s.where = whereabouts(s.stores, s.where)
	for _, site := range AtHome(s.sites, s.stores) {
		site.Direct = s.cfg.Runner.Direct
		if err := s.prepare(ctx, site); err != nil {
			return err
		}
	}
	return nil
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

// openNode opens the embedded node in the data directory and makes sure of its databases.
func (s *Service) openNode(ctx context.Context, watch Watch) (datastore.Single, error) {
	var none datastore.Single
	if err := CheckData(s.cfg.Data, s.log); err != nil {
		return none, err
	}
	engine := queryserver.Engine{Shows: s.lanes, Maps: s.maps, Limits: s.cfg.Limits, Calls: s.bindings}
	var err error
	s.node, err = couchnode.Open(filepath.Join(s.cfg.Data, nodeFile), engine, couchnode.Options{Logger: s.log})
	if err != nil {
		return none, err
	}
	s.closing("embedded node", s.node.Close)
	if s.cfg.CheckData {
		begun := time.Now()
		if err := s.node.Check(); err != nil {
			return none, err
		}
		s.log.Debug("checked the data file", "took_ms", time.Since(begun).Milliseconds())
	}
	conn, err := datastore.Open(datastore.Config{
		URL: "http://embedded", Transport: s.node.Transport(), OnWrite: watch.written(string(storageplan.Local)),
	})
	if err != nil {
		return none, err
	}
	s.closing("datastore connection", conn.Close)
	s.where = "embedded node in " + s.cfg.Data
	site := provision.Site{
		Stores: datastore.Single{Connection: conn}, Databases: datastore.Databases(), Log: s.log,
	}
	if _, err := site.CreateDatabases(ctx); err != nil {
		return none, err
	}
	return site.Stores, site.Designs(ctx, couchapp.Callfn)
}
