package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/localcopy"
	"callfn/internal/provision"
	"callfn/internal/storageplan"
)

// openCouchDB connects, waits until CouchDB answers, and makes sure that it holds the storage plan.
func (s *Service) openCouchDB(ctx context.Context, cfg *storageplan.Config, watch Watch) error {
	sites, closeAll, err := s.cfg.CouchDB.Connect(s.log, true, watch)
	if err != nil {
		return err
	}
	s.onClose(closeAll)
	for i, site := range sites {
		// functions apart, and a copy of them here
		if i > 0 && s.cfg.Runner.Direct && localcopy.Whole(s.copyFile()) && s.prepareLater(ctx, site) {
			continue
		}
		if err := awaitCouchDB(ctx, site, s.cfg.CouchDB.Wait, lockoutPatience, s.log); err != nil {
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
	done, err := first.Prepare(ctx, s.cfg.CouchDB.Language)
	logCreated(s.log, done.Created)
	return err
}

// asSetting marks what no further start can mend: see SettingError.
func asSetting(err error) error {
	if errors.Is(err, datastore.ErrUnauthorized) || errors.Is(err, auth.ErrWrongSecret) {
		return SettingError{err}
	}
	return err
}

// lockoutPatience is how long the start waits for CouchDB to let a user in that it has locked out: longer than its five
// minutes.
const lockoutPatience = 6 * time.Minute

// awaitCouchDB waits until CouchDB answers, for services that are started together, and until it lets our user in,
// which an earlier start with another password may have locked out, at most for the time of lockout. When it does not
// answer in time the error wraps datastore.ErrUnreachable.
func awaitCouchDB(ctx context.Context, site provision.Site, patience, lockout time.Duration, log *slog.Logger) error {
	begun := time.Now()
	most, logged := max(patience, time.Second), ""
	for {
		asking, cancel := context.WithDeadline(ctx, begun.Add(most))
		_, err := site.Stores.Connection.Ping(asking)
		cancel()
		event := "CouchDB does not answer yet: waiting"
		switch {
		case datastore.LockedOut(err):
			most, event = max(most, lockout), "CouchDB has locked our user out after failed logins: waiting"
		case err == nil, !errors.Is(err, datastore.ErrUnreachable):
			return err
		}
		if logged != event {
			log.Warn(event, "url", site.Stores.Connection.Address(), "at_most", most, "error", err)
			logged = event
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
		if time.Since(begun) >= most {
			return fmt.Errorf("CouchDB at %s: %w", site.Stores.Connection.Address(), err)
		}
	}
}

// prepare makes a CouchDB hold what the service needs, and logs what an operator should know.
func (s *Service) prepare(ctx context.Context, site provision.Site) error {
	done, err := site.Prepare(ctx, s.cfg.CouchDB.Language)
	if err != nil {
		return err
	}
	if done.Rights.ServerAdmin {
		s.log.Warn("running with the rights of a CouchDB administrator: better run `callfn couchdb setup` once and serve "+
			"with the user that it makes", "url", site.Stores.Connection.Address(), "user", done.Rights.User)
	}
	logCreated(s.log, done.Created)
	LogEngine(site, done.Language, done.Runs, s.log)
	return nil
}

func logCreated(log *slog.Logger, databases []string) {
	if len(databases) > 0 {
		log.Info("created databases", "databases", strings.Join(databases, ", "))
	}
}

// LogEngine logs where functions run, and in which language, or why they do not.
func LogEngine(site provision.Site, language string, runs error, log *slog.Logger) {
	address := site.Stores.Connection.Address()
	if runs != nil {
		log.Error("cannot run functions: `callfn doctor` tells what to change", "url", address, "error", runs)
	}
	if language != "" && !site.Direct {
		log.Info("CouchDB runs functions", "language", language, "url", address)
	}
}

// copyPatience is how long the start waits for a CouchDB with functions of which there is a copy here: calls could be
// running.
const copyPatience = time.Second

// prepareLater reports whether a CouchDB does not answer now; then it is made to hold what the service needs once it
// does.
func (s *Service) prepareLater(ctx context.Context, site provision.Site) bool {
	err := awaitCouchDB(ctx, site, min(copyPatience, s.cfg.CouchDB.Wait), 0, s.log)
	if !errors.Is(err, datastore.ErrUnreachable) {
		return false
	}
	url := site.Stores.Connection.Address()
	s.log.Error("functions run from the copy on this machine until their CouchDB is back", "url", url)
	site.Direct = true
	s.background(ctx, func(ctx context.Context) {
		for {
			err := awaitCouchDB(ctx, site, time.Hour, 0, slog.New(slog.DiscardHandler))
			if err == nil {
				err = s.prepare(ctx, site)
			}
			switch {
			case ctx.Err() != nil:
				return
			case err == nil:
				s.log.Info("CouchDB is back and holds what the service needs", "url", url)
				return
			}
			s.log.Error("cannot prepare CouchDB, trying again", "url", url, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Second):
			}
		}
	})
	return true
}

// copyFile is where the copy of the function documents is kept.
func (s *Service) copyFile() string { return filepath.Join(s.cfg.Data, "functions-copy.db") }
