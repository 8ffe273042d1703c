package service

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/storageplan"
)

// Timeouts of requests to a CouchDB.
const (
	couchTimeout        = 10 * time.Second
	couchConnectTimeout = 2 * time.Second
)

// Connect opens connections to the CouchDBs without speaking to them: to the one with everything, or to that and the
// one with functions. With breakers, requests fail at once while a CouchDB is down, which is for a service that lives
// on; a command that asks once waits. The caller calls closeAll unless there is an error.
func (c CouchDB) Connect(log *slog.Logger, breakers bool, watch Watch) (sites []provision.Site, closeAll func(),
	err error,
) {
	closeAll = func() {
		for _, site := range sites {
			logClose(log, "connection to CouchDB", site.Stores.Connection.Close())
		}
	}
	open := func(name string, server Server, databases []string) error {
		connection, err := datastore.Open(datastore.Config{
			Name: name, URL: server.URL, Username: server.User, Password: server.Password, RootCAs: c.RootCAs,
			Timeout: couchTimeout, ConnectTimeout: couchConnectTimeout, Breaker: breakers,
			OnOutage: logOutages(log, name), OnPartial: watch.partial(log, name), OnWrite: watch.written(name),
		})
		if err != nil {
			return SettingError{fmt.Errorf("%s: %w", server.Setting, err)}
		}
		sites = append(sites, provision.Site{
			Stores:    datastore.Single{Connection: connection, Prefix: c.Prefix, Design: c.Design},
			Databases: databases, Log: log,
		})
		return nil
	}
	if c.Functions.URL == "" {
		err = open("couchdb", c.Main, datastore.Databases())
	} else {
		all, functions := datastore.Apart()
		if err = open("couchdb", c.Main, all); err == nil {
			err = open("functions", c.Functions, functions)
		}
	}
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	return sites, closeAll, nil
}

// AtHome are the sites of a CouchDB config, each with the databases that the storage plan has there.
func AtHome(sites []provision.Site, stores *storageplan.Resolver) []provision.Site {
	out := make([]provision.Site, len(sites))
	for i, site := range sites {
		site.Databases = stores.Overview().On([]storageplan.Tag{storageplan.Local, storageplan.Flagged}[i])
		out[i] = site
	}
	return out
}

// logOutages logs when a CouchDB goes and comes back, and when it refuses our credentials.
func logOutages(log *slog.Logger, name string) func(bool, error) {
	return func(down bool, cause error) {
		switch {
		case down && datastore.LockedOut(cause):
			log.Error("CouchDB has locked our user out after failed logins: waiting", "connection", name, "error", cause)
		case down && errors.Is(cause, datastore.ErrUnauthorized):
			log.Error("CouchDB refuses our password: it is tried again after a minute, then every five", "connection", name,
				"error", cause)
		case down:
			log.Error("CouchDB does not answer: calls go on at `_` and the API answers 503 until it does", "connection", name,
				"error", cause)
		default:
			log.Info("CouchDB answers again", "connection", name)
		}
	}
}
