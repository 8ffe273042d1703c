package couchnode

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// PublicDatabase is the one database that a socket without credentials serves, for reading only.
const PublicDatabase = "functions"

// Credentials are the user name and password for HTTP basic authentication.
type Credentials struct{ User, Password string }

// PublicConfig configures a node on a socket.
type PublicConfig struct {
	// Listen is the address HOST:PORT that the server listens on, with the port actually bound.
	Listen string
	// Credentials grant access to the whole node. Without them (nil), only PublicDatabase is served, for reading, and only
	// on a loopback address.
	Credentials *Credentials
}

// Public wraps a node for a socket. It refuses requests that a web page could make a browser send: a request with an
// Origin, one that the browser marks as cross-site, one whose Host names another machine (DNS rebinding), and a write
// that is not declared as JSON. The form POSTs of a show only read, so they are allowed.
//
// Public returns an error for missing credentials on an address that is not loopback, and for incomplete ones.
func Public(node *Node, cfg PublicConfig) (http.Handler, error) {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("couchnode: listen address %q: %w", cfg.Listen, err)
	}
	p := &public{node: node, credentials: cfg.Credentials, port: port, hosts: map[string]bool{}}
	if c := cfg.Credentials; c != nil {
		if c.User == "" || c.Password == "" || strings.Contains(c.User, ":") {
			return nil, errors.New("couchnode: credentials need a user name without a colon, and a password")
		}
		return p, nil
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("couchnode: listening on %s would serve the functions database to other machines without a "+
			"password: "+
			"listen on 127.0.0.1, or set credentials", cfg.Listen)
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1", strings.ToLower(host)} {
		p.hosts[name] = true
	}
	return p, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

type public struct {
	node        *Node
	credentials *Credentials
	port        string
	hosts       map[string]bool
}

func (p *public) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rq := &request{Node: p.node, w: &response{ResponseWriter: w}, r: r, ctx: r.Context(), method: r.Method}
	if err := p.check(r); err != nil {
		if err.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="callfn"`)
		}
		rq.fail(err)
		return
	}
	if p.credentials != nil {
		r = r.WithContext(withUser(r.Context(), p.credentials.User))
	}
	p.node.ServeHTTP(w, r)
}

func forbidden(reason string) *apiError {
	return refuse(http.StatusForbidden, "forbidden", reason)
}

// check decides whether to allow a request.
func (p *public) check(r *http.Request) *apiError {
	if len(r.Header.Values("Origin")) > 0 {
		return forbidden("requests from web pages are refused (Origin)")
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none":
	default:
		return forbidden("requests from web pages are refused (Sec-Fetch-Site)")
	}
	parts := splitPath(r.URL.EscapedPath())
	if err := checkWriteType(r, parts); err != nil {
		return err
	}
	if p.credentials != nil {
		return p.authenticate(r)
	}
	if !p.hostAllowed(r.Host) {
		return forbidden("the Host header names another machine; use the address that this server listens on")
	}
	return checkPublicPath(r.Method, parts)
}

// checkWriteType refuses a POST that browsers send without preflight (a form, text). Methods that read are no writes,
// and a show writes nothing with any method.
func checkWriteType(r *http.Request, parts []string) *apiError {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return nil
	case http.MethodPost:
	default: // a browser sends a preflight request first, which is refused
		if r.ContentLength == 0 {
			return nil
		}
	}
	if len(parts) == 1 && parts[0] == "_session" {
		return nil // CouchDB's replicator requests a cookie with a form; the node answers that there are none
	}
	if isShow(parts) {
		switch contentType(r) {
		case "application/json", "application/x-www-form-urlencoded", "":
			return nil
		}
	}
	if contentType(r) != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "bad_content_type", "Content-Type must be application/json")
	}
	return nil
}

// isShow reports whether a path is a show's, in either spelling of a design document's id.
func isShow(parts []string) bool {
	return len(parts) >= 5 && parts[1] == "_design" && parts[3] == "_show" ||
		len(parts) >= 4 && strings.HasPrefix(parts[1], designPrefix) && parts[2] == "_show"
}

// authenticate compares in constant time. It hashes first, to hide the lengths too.
func (p *public) authenticate(r *http.Request) *apiError {
	user, password, _ := r.BasicAuth()
	sum := func(s string) []byte { h := sha256.Sum256([]byte(s)); return h[:] }
	ok := subtle.ConstantTimeCompare(sum(user), sum(p.credentials.User)) &
		subtle.ConstantTimeCompare(sum(password), sum(p.credentials.Password))
	switch {
	case ok == 1:
		return nil
	case r.Header.Get("Authorization") == "":
		return refuse(http.StatusUnauthorized, "unauthorized", "Authentication required.")
	}
	return refuse(http.StatusUnauthorized, "unauthorized", "Name or password is incorrect.")
}

func (p *public) hostAllowed(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil { // no port: the default of http
		host, port = strings.Trim(hostport, "[]"), "80"
	}
	return port == p.port && p.hosts[strings.ToLower(host)]
}

// checkPublicPath allows only reading the functions database and running its shows, which write nothing. Writing there
// would decide what calls run, and every process of the machine reaches a loopback address.
func checkPublicPath(method string, parts []string) *apiError {
	reading := method == http.MethodGet || method == http.MethodHead || method == http.MethodPost && len(parts) > 1 &&
		asksByPost(parts[1:])
	switch {
	case len(parts) == 0, len(parts) == 1 && parts[0] == "_up":
		return nil
	case parts[0] != PublicDatabase:
		return forbidden("without credentials only the database " + PublicDatabase +
			" is served; set credentials for the others")
	case !reading && !isShow(parts):
		return forbidden("without credentials this server can only be read; callfn serve --couch-user opens it for writing")
	}
	return nil
}

// asksByPost reports whether a POST to a database only reads.
func asksByPost(below []string) bool {
	switch below[0] {
	case "_all_docs", "_bulk_get", "_changes", "_revs_diff":
		return len(below) == 1
	}
	return len(below) >= 4 && below[0] == "_design" && below[2] == "_view" || len(below) >= 3 &&
		strings.HasPrefix(below[0], designPrefix) && below[1] == "_view"
}
