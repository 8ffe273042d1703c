package main

import (
	"errors"
	"net"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
)

// checkWritten finds what is wrong in how settings are written, before anything is made or asked.
func (c serveCommand) checkWritten(w world) error {
	if key := w.getenv("CALLFN_MASTER_API_KEY"); key != "" && !account.ValidAPIKey(key) {
		return usageError{errorf("CALLFN_MASTER_API_KEY must be 64 hex digits (0-9, a-f); for instance: openssl rand " +
			"-hex 32")}
	}
	for _, a := range []struct{ flag, address string }{
		{"--listen", c.Listen}, {"--metrics-listen", c.MetricsListen}, {"--couch-listen", c.CouchListen},
	} {
		if a.address == "" {
			continue
		}
		_, port, err := net.SplitHostPort(a.address)
		if err == nil {
			_, err = net.LookupPort("tcp", port)
		}
		if err != nil {
			return usageError{errorf("%s %s: want an address with a port, such as 127.0.0.1:8000: %w", a.flag, a.address, err)}
		}
	}
	if c.CouchUser != "" && c.CouchListen == "" {
		return usageError{errorf("--couch-user needs --couch-listen: without it nothing is served to that user")}
	}
	return nil
}

// asSetting marks what no further start can mend, because a setting is wrong: credentials or a secret that do not
// belong to the datastore. Starting again with a password that was refused would lock the user out.
func asSetting(err error) error {
	if errors.Is(err, datastore.ErrUnauthorized) || errors.Is(err, auth.ErrWrongSecret) {
		return usageError{err}
	}
	return err
}
