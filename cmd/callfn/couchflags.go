package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/provision"
)

// couchFlags say which CouchDB holds the documents. serve and doctor share them.
type couchFlags struct {
	CouchDBURL                   string `name:"couchdb-url" placeholder:"URL" group:"couchdb"`
	CouchDBPasswordFile          string `name:"couchdb-password-file" placeholder:"FILE" group:"couchdb"`
	FunctionsCouchDBURL          string `name:"functions-couchdb-url" placeholder:"URL" group:"couchdb"`
	FunctionsCouchDBPasswordFile string `name:"functions-couchdb-password-file" placeholder:"FILE" group:"couchdb"`
	CouchDBCA                    string `name:"couchdb-ca" placeholder:"FILE" group:"couchdb"`
	FunctionsLanguage            string `enum:"auto,javascript,callfn" default:"auto" group:"couchdb"`
	DesignDoc                    string `placeholder:"NAME" group:"couchdb"`
	DatabasePrefix               string `placeholder:"TEXT" group:"couchdb"`
}

// timeouts of requests to a CouchDB.
const (
	couchTimeout        = 10 * time.Second
	couchConnectTimeout = 2 * time.Second
)

// sites are the CouchDBs that the flags name, connected but not yet spoken to: the one with everything, or that and the
// one with functions. With breakers, requests fail at once while a CouchDB is down, which is for a service that lives
// on; who asks once and goes waits.
func (f couchFlags) sites(log *slog.Logger, breakers bool, watch writeWatch) (_ []provision.Site, closeAll func(),
	err error,
) {
	var opened []*datastore.Connection
	undo := func() {
		for _, c := range opened {
			closing(log, "connection to CouchDB", c.Close())
		}
	}
	defer func() {
		if err != nil {
			undo()
		}
	}()
	roots, err := f.roots()
	if err != nil {
		return nil, nil, err
	}
	open := func(name, flag, address, passwordFile string, databases []string) (provision.Site, error) {
		user, password, err := credentials(flag, address, passwordFile)
		if err != nil {
			return provision.Site{}, err
		}
		c, err := datastore.Open(datastore.Config{
			Name: name, URL: address, Username: user, Password: password, RootCAs: roots, Timeout: couchTimeout,
			ConnectTimeout: couchConnectTimeout, Breaker: breakers, OnOutage: outages(log, name), OnPartial: watch.partial(log,
				name), OnWrite: watch.written(name),
		})
		if err != nil {
			return provision.Site{}, usageError{fmt.Errorf("%s: %w", flag, err)}
		}
		opened = append(opened, c)
		stores := datastore.Single{Connection: c, Prefix: f.DatabasePrefix, Design: f.DesignDoc}
		return provision.Site{Stores: stores, Databases: databases, Log: log}, nil
	}
	all, functions := datastore.Databases(), []string(nil)
	if f.FunctionsCouchDBURL != "" {
		all, functions = datastore.Apart()
	}
	main, err := open("couchdb", "--couchdb-url", f.CouchDBURL, f.CouchDBPasswordFile, all)
	if err != nil {
		return nil, nil, err
	}
	sites := []provision.Site{main}
	if functions != nil {
		file := f.FunctionsCouchDBPasswordFile
		if file == "" {
			file = f.CouchDBPasswordFile
		}
		apart, err := open("functions", "--functions-couchdb-url", f.FunctionsCouchDBURL, file, functions)
		if err != nil {
			return nil, nil, err
		}
		sites = append(sites, apart)
	}
	return sites, undo, nil
}

// credentials takes user and password from the URL, the password from the file where one is named.
func credentials(flag, address, file string) (user, password string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" { // what url says holds the password
		return "", "", usageError{errorf("%s: want an address like http://user@host:5984", flag)}
	}
	password, given := u.User.Password()
	user = u.User.Username()
	if file == "" || given {
		return user, password, nil
	}
	if user == "" {
		return "", "", usageError{errorf("%s names no user for the password in %s: want http://user@host:5984", flag, file)}
	}
	password, err = readPassword(world{}, "password file", file)
	return user, password, err
}

// roots are the certificates that --couchdb-ca trusts, nil for the system's.
func (f couchFlags) roots() (*x509.CertPool, error) {
	if f.CouchDBCA == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(f.CouchDBCA)
	if err != nil {
		return nil, usageError{fmt.Errorf("--couchdb-ca: %w", err)}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usageError{errorf("--couchdb-ca %s: no PEM certificate in it", f.CouchDBCA)}
	}
	return pool, nil
}

// check refuses settings that contradict each other.
func (f couchFlags) check() error {
	switch {
	case f.CouchDBURL == "" && (f.FunctionsCouchDBURL != "" || f.CouchDBPasswordFile != "" || f.CouchDBCA != "" ||
		f.DesignDoc != "" || f.DatabasePrefix != ""):
		return usageError{errorf("--functions-couchdb-url, --couchdb-password-file, --couchdb-ca, --design-doc and " +
			"--database-prefix need --couchdb-url")}
	case strings.ContainsAny(f.DesignDoc, "/ ?#%"):
		return usageError{errorf("--design-doc %q: want a plain name", f.DesignDoc)}
	case strings.ContainsFunc(f.DatabasePrefix, notDatabaseName):
		return usageError{errorf("--database-prefix %q: want lower-case letters, digits and _-", f.DatabasePrefix)}
	}
	return nil
}

func notDatabaseName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-'
}

// outages logs when a CouchDB goes and comes back, and when it refuses our credentials.
func outages(log *slog.Logger, name string) func(bool, error) {
	return func(down bool, cause error) {
		switch {
		case down && datastore.LockedOut(cause):
			log.Error("CouchDB has locked our user out after failed logins: waiting", "connection", name, "error", cause)
			return
		case down && errors.Is(cause, datastore.ErrUnauthorized):
			log.Error("CouchDB refuses our password: it is tried again after a minute, then every five", "connection", name,
				"error", cause)
			return
		case down:
			log.Error("CouchDB does not answer: calls go on at `_` and the API answers 503 until it does", "connection", name,
				"cause", cause)
			return
		}
		log.Info("CouchDB answers again", "connection", name)
	}
}

// unreachable marks an error with the exit code of a server that cannot be reached.
func unreachable(err error) error {
	if errors.Is(err, datastore.ErrUnreachable) {
		return unreachableError{err}
	}
	return err
}
