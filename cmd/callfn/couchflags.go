package main

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/service"
)

// couchFlags select the CouchDB that has the documents. serve and doctor share them.
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

// couchDB returns the CouchDBs of the flags, with their passwords and certificates read.
func (f couchFlags) couchDB() (service.CouchDB, error) {
	c := service.CouchDB{Prefix: f.DatabasePrefix, Design: f.DesignDoc, Language: f.FunctionsLanguage}
	var err error
	if c.RootCAs, err = f.roots(); err != nil {
		return c, err
	}
	if c.Main, err = server("--couchdb-url", f.CouchDBURL, f.CouchDBPasswordFile); err != nil {
		return c, err
	}
	file := f.FunctionsCouchDBPasswordFile
	if file == "" {
		file = f.CouchDBPasswordFile
	}
	c.Functions, err = server("--functions-couchdb-url", f.FunctionsCouchDBURL, file)
	return c, err
}

// server returns the CouchDB of a flag, or none if the address is empty.
func server(flag, address, passwordFile string) (service.Server, error) {
	s := service.Server{Setting: flag, URL: address}
	if address == "" {
		return s, nil
	}
	var err error
	s.User, s.Password, err = credentials(flag, address, passwordFile)
	return s, err
}

// connect opens connections to the CouchDBs of the flags, for a command that sends a few requests.
func (f couchFlags) connect(log *slog.Logger) ([]provision.Site, func(), error) {
	c, err := f.couchDB()
	if err != nil {
		return nil, nil, err
	}
	return c.Connect(log, false, service.Watch{})
}

// credentials takes user and password from the URL, or the password from the file if one is named.
func credentials(flag, address, file string) (user, password string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" { // the text of err contains the password
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
	password, err = readPassword(environment{}, "password file", file)
	return user, password, err
}

// roots returns the certificates that --couchdb-ca trusts, or nil for the system's.
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

// check refuses contradictory settings.
func (f couchFlags) check() error {
	needURL := cmp.Or(f.FunctionsCouchDBURL, f.CouchDBPasswordFile, f.CouchDBCA, f.DesignDoc, f.DatabasePrefix)
	switch {
	case f.CouchDBURL == "" && needURL != "":
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

// unreachable marks an error with the exit code of an unreachable server.
func unreachable(err error) error {
	if errors.Is(err, datastore.ErrUnreachable) {
		return unreachableError{err}
	}
	return err
}
