package main

import (
	"net"

	"callfn/internal/account"
)

// checkWritten finds malformed settings before anything is created or requested.
func (c serveCommand) checkWritten(env environment) error {
	if key := env.getenv("CALLFN_MASTER_API_KEY"); key != "" && !account.ValidAPIKey(key) {
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
	switch {
	case c.CouchUser != "" && c.CouchListen == "":
		return usageError{errorf("--couch-user needs --couch-listen: without it nothing is served to that user")}
	case c.CouchListen != "" && c.CouchDBURL != "":
		return usageError{errorf("--couch-listen serves the embedded node, and with --couchdb-url there is none")}
	case c.BodyTimeout < c.HeaderTimeout:
		return usageError{errorf("--body-timeout %v: want no less than --header-timeout, which is %v", c.BodyTimeout,
			c.HeaderTimeout)}
	}
	return nil
}
