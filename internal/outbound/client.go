package outbound

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"callfn/internal/hostname"
)

// Config bounds a client. Zero members mean the default.
type Config struct {
	Allow     AllowList      // networks besides the public ones
	Timeout   time.Duration  // one request with its redirects and its body; 1.5 s
	MaxAnswer int            // bytes of an answer's body; 256 KiB
	Redirects int            // how many are followed, -1 for none; 3
	UserAgent string         // `callfn`
	Roots     *x509.CertPool // trusted for https; nil for the system's
	// Dial makes connections, for tests: no address is checked then. nil for the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client sends requests. It is safe for concurrent use. Close it.
type Client struct {
	cfg      Config
	pools    *pools
	breakers *breakers
	cache    *cache
}

// New makes a client.
func New(cfg Config) *Client {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 1500 * time.Millisecond
	}
	if cfg.MaxAnswer <= 0 {
		cfg.MaxAnswer = 256 << 10
	}
	if cfg.Redirects == 0 {
		cfg.Redirects = 3
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "callfn"
	}
	c := &Client{cfg: cfg, cache: newCache(), pools: newPools(cfg)}
	c.breakers = newBreakers(c.probe)
	return c
}

// Close ends probes and closes idle connections.
func (c *Client) Close() {
	c.breakers.close()
	c.pools.close()
}

// Do sends a request. Every status is an answer. An error is an *Error, matches ErrRequest, or is what Fill returned.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	u, err := r.check()
	if err != nil {
		return Response{}, err
	}
	timeout := c.cfg.Timeout
	if r.Timeout > 0 {
		timeout = min(timeout, r.Timeout)
	}
	e := &exchange{client: c, Request: r, header: r.Header.Clone(), body: r.Body, method: r.Method}
	if e.header == nil {
		e.header = http.Header{}
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < timeout {
		e.cutShort = true
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return e.run(ctx, u)
}

// exchange is one request with its redirects.
type exchange struct {
	Request
	client    *Client
	method    string
	header    http.Header
	body      []byte
	cutShort  bool // the run has less time left than a request may take
	key       cacheKey
	cacheable bool
}

func (e *exchange) run(ctx context.Context, u *url.URL) (Response, error) {
	for hops := 0; ; hops++ {
		answer, location, err := e.hop(ctx, u, hops == 0)
		if err != nil || location == nil {
			return answer, err
		}
		if hops >= max(e.client.cfg.Redirects, 0) {
			return Response{}, &Error{
				Reason: Redirects, Host: u.Hostname(),
				Message: u.Hostname() + " redirects too often: ask for the address that it leads to",
			}
		}
		if err := e.follow(u, location, answer.Status); err != nil {
			return Response{}, err
		}
		u = location
	}
}

// hop sends one request, or answers it from the cache. A location says where it redirects to.
func (e *exchange) hop(ctx context.Context, u *url.URL, first bool) (Response, *url.URL, error) {
	host, port, err := e.destination(u)
	if err != nil {
		return Response{}, nil, err
	}
	out := Filled{Header: e.header.Clone(), Body: e.body}
	if e.Fill != nil {
		hop := Hop{Scheme: u.Scheme, Host: host, Port: port, Header: out.Header, Body: slices.Clone(e.body)}
		if out, err = e.Fill(hop); err != nil {
			return Response{}, nil, err
		}
		if err := checkHeader(out.Header); err != nil {
			return Response{}, nil, err
		}
		if err := checkSize(u, out.Header, out.Body); err != nil {
			return Response{}, nil, err
		}
	}
	if first && e.method == http.MethodGet && e.Cache > 0 {
		e.key, e.cacheable = keyOf(e.Account, u, out.Header), true
		if answer, ok := e.client.cache.get(e.key, e.Cache); ok {
			return answer, nil, nil
		}
	}
	answer, location, err := e.send(ctx, u, net.JoinHostPort(host, port), out)
	var failed *Error
	switch {
	case err == nil && location == nil && e.cacheable && answer.Status == http.StatusOK:
		e.client.cache.put(e.key, answer)
	case e.cacheable && errors.As(err, &failed) && (failed.hard || failed.soft || failed.Reason == CircuitOpen):
		if answer, ok := e.client.cache.stale(e.key); ok {
			return answer, nil, nil
		}
	}
	return answer, location, err
}

// defaultPorts are those of a scheme, which an address leaves out.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// clean writes the host of an address in its one form, so that what is compared is what is connected to.
func clean(u *url.URL) (host, port string, err error) {
	if host, err = hostname.Clean(u.Hostname()); err != nil {
		return "", "", malformed("its address has no host's name in it")
	}
	if port = u.Port(); port == "" {
		port = defaultPorts[u.Scheme]
	}
	u.Host = net.JoinHostPort(host, port)
	if port == defaultPorts[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return host, port, nil
}

// destination checks that the function declares the host of a hop.
func (e *exchange) destination(u *url.URL) (host, port string, err error) {
	if host, port, err = clean(u); err != nil {
		return "", "", err
	}
	if !e.Hosts.Matches(host, port) {
		return "", "", &Error{
			Reason: HostNotDeclared, Host: host,
			Message: "the function does not declare " + host + ": add it to its bindings.http.hosts",
		}
	}
	return host, port, nil
}
