package datastore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
	"github.com/go-kivik/kivik/v4/couchdb/chttp"
)

// Config configures a connection to one datastore. The zero value of every field but URL has a working default.
type Config struct {
	// Name identifies the connection in logs and storage plans; "local" when empty.
	Name string
	// URL is the server's root, http or https. Credentials in it count as Username and Password and never appear in an
	// error or log. With a Transport (the embedded node) any host name will do.
	URL string
	// Username and Password authenticate every request (HTTP basic); empty means none.
	Username, Password string
	// Transport sends the requests; nil is a pooled TCP transport with ConnectTimeout.
	Transport http.RoundTripper
	// ConnectTimeout bounds dialling and the TLS handshake; 5 s when zero.
	ConnectTimeout time.Duration
	// Timeout bounds each operation whose context has no earlier deadline; 20 s when zero (KAZOO's recv_timeout,
	// docs/reference/kazoo.md#connections). Change feeds are not bounded by it.
	Timeout time.Duration
	// RootCAs verify an https server; nil is the system's.
	RootCAs *x509.CertPool
	// ServerName is the name in an https server's certificate; the URL's host when empty.
	ServerName string
	// Breaker fails requests at once while the server is down, and probes it until it is back. It is for a server across a
	// network; the embedded node does not need it.
	Breaker bool
	// OnOutage is called when the breaker finds the server down, with the cause, and when it is back. The same holds for
	// credentials that the server refuses (ErrUnauthorized). It must not block.
	OnOutage func(down bool, cause error)
	// OnPartial is called for every write that less than a majority of a cluster's nodes took (Partial). It must not
	// block.
	OnPartial func()
	// OnWrite is called for every write of documents: with nil if the server made it, else with the reason (NoRoom and
	// others). Refused writes do not count. It is also called for views that have no room for their index (NoRoom). It
	// must not block.
	OnWrite func(failed error)
}

const (
	defaultTimeout        = 20 * time.Second
	defaultConnectTimeout = 5 * time.Second
)

func (cfg Config) withDefaults() Config {
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.ConnectTimeout <= 0 {
		cfg.ConnectTimeout = defaultConnectTimeout
	}
	if cfg.OnOutage == nil {
		cfg.OnOutage = func(bool, error) {}
	}
	if cfg.OnPartial == nil {
		cfg.OnPartial = func() {}
	}
	if cfg.OnWrite == nil {
		cfg.OnWrite = func(error) {}
	}
	return cfg
}

// Connection is a connection to one datastore server. It is safe for concurrent use. Opening it sends nothing.
type Connection struct {
	name     string
	timeout  time.Duration
	client   *kivik.Client
	http     *chttp.Client     // kivik's client, for requests that kivik has no method for
	tcp      *http.Transport   // nil with Config.Transport
	wire     http.RoundTripper // sends the requests, below credentials and breaker
	breaker  *breaker          // nil without Config.Breaker
	inflight inflight
	root     *url.URL
}

// Open prepares a connection. It sends nothing; use Ping to reach the server.
func Open(cfg Config) (*Connection, error) {
	root, err := url.Parse(cfg.URL)
	if err != nil || root.Host == "" || (root.Scheme != "http" && root.Scheme != "https") {
		// The URL may hold a password, so it is not repeated.
		return nil, &Error{
			Op: "open", Subject: nameOr(cfg.Name), Kind: ErrInvalid,
			Cause: errors.New("the datastore URL must look like http://host:5984 or https://host:6984"),
		}
	}
	if root.Path != "" && root.Path != "/" {
		return nil, &Error{
			Op: "open", Subject: nameOr(cfg.Name), Kind: ErrInvalid,
			Cause: errors.New("the datastore URL must not have a path: the driver cannot escape ids below one"),
		}
	}
	username, password := cfg.Username, cfg.Password
	if root.User != nil && username == "" {
		username = root.User.Username()
		password, _ = root.User.Password()
	}
	root.User, root.Path, root.RawQuery, root.Fragment = nil, "", "", ""
	cfg = cfg.withDefaults()

	c := &Connection{name: nameOr(cfg.Name), timeout: cfg.Timeout, root: root}
	transport := c.transport(cfg, username != "")
	captured := &capture{}
	options := []kivik.Option{
		couchdb.OptionHTTPClient(&http.Client{Transport: transport, CheckRedirect: refuseRedirect}),
		couchdb.OptionUserAgent("callfn"),
		couchdb.OptionNoRequestCompression(), // a show must see a form body as it was sent; documents are small
		captured,
	}
	if username != "" {
		options = append(options, couchdb.BasicAuth(username, password))
	}
	c.client, err = kivik.New("couch", root.String(), options...)
	if err != nil {
		return nil, fail("open", c.name, ErrFault, err)
	}
	if captured.client == nil {
		return nil, &Error{
			Op: "open", Subject: c.name, Kind: ErrFault,
			Cause: errors.New("the driver did not hand over its HTTP client"),
		}
	}
	c.http = captured.client
	return c, nil
}

// transport builds the chain of transports that a request passes, from the driver inwards.
func (c *Connection) transport(cfg Config, credentials bool) http.RoundTripper {
	transport := cfg.Transport
	if transport == nil {
		c.tcp = newTCPTransport(cfg)
		transport = c.tcp
	}
	c.wire = transport
	if cfg.Breaker {
		c.breaker = newBreaker(transport, c.root, defaultPatience(), cfg.OnOutage)
		transport = c.breaker
	}
	if credentials {
		transport = &logins{inner: transport, retries: defaultRetries(), report: cfg.OnOutage}
	}
	transport = writes{transport, cfg.OnWrite}
	c.inflight.inner = uncompressedFeeds{bufferedBodies{quorum{transport, cfg.OnPartial}}}
	return &c.inflight
}

func newTCPTransport(cfg Config) *http.Transport {
	t := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: cfg.ConnectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: cfg.ConnectTimeout,
		MaxIdleConns:        64,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
	}
	if cfg.RootCAs != nil || cfg.ServerName != "" {
		t.TLSClientConfig = &tls.Config{RootCAs: cfg.RootCAs, ServerName: cfg.ServerName, MinVersion: tls.VersionTLS12}
	}
	return t
}

// capture is a kivik option that keeps the driver's HTTP client, including its credentials. The driver applies every
// option to that client while connecting; TestOpenCapturesTheDriversClient checks it.
type capture struct{ client *chttp.Client }

func (o *capture) Apply(target any) {
	if c, ok := target.(*chttp.Client); ok {
		o.client = c
	}
}

// refuseRedirect refuses to follow redirects. A datastore never redirects, and credentials must not follow one.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func nameOr(name string) string {
	if name == "" {
		return "local"
	}
	return name
}

// Name returns the connection's name in logs and storage plans.
func (c *Connection) Name() string { return c.name }

// Address returns the server's root URL without credentials.
func (c *Connection) Address() string { return c.root.String() }

// Ping returns the server's version.
func (c *Connection) Ping(ctx context.Context) (version string, err error) {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	v, err := c.client.Version(ctx)
	if err != nil {
		return "", fail("ping", c.name, ErrFault, err)
	}
	return v.Version, nil
}

// Alive reports with nil that the server answers, else why it does not. It bypasses the breaker. Its request is the
// cheapest there is, so it tells a slow answer from a server that is gone.
func (c *Connection) Alive(ctx context.Context) error {
	if err := probe(ctx, c.wire, c.root); err != nil {
		return &Error{Op: "probe", Subject: c.name, Kind: ErrUnreachable, Cause: err}
	}
	return nil
}

// LogsIn reports whether the server accepts a name and password, which need not be the connection's own. It does not
// accept a user that it has locked out.
func (c *Connection) LogsIn(ctx context.Context, name, password string) (bool, error) {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.root.String()+"/_session", nil)
	if err != nil {
		return false, &Error{Op: "log in", Subject: name, Kind: ErrInvalid, Cause: err}
	}
	req.Header.Set("User-Agent", "callfn")
	req.SetBasicAuth(name, password)
	resp, err := c.wire.RoundTrip(req)
	if err != nil {
		return false, &Error{Op: "log in", Subject: name, Kind: ErrUnreachable, Cause: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode == http.StatusOK, nil
}

// EnsureDatabase creates the database if it is missing and reports whether it did. Several processes may call it at
// once.
func (c *Connection) EnsureDatabase(ctx context.Context, database string) (created bool, err error) {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	exists, err := c.client.DBExists(ctx, database)
	if err != nil {
		return false, fail("ensure", database, ErrDatabaseMissing, err)
	}
	if exists {
		return false, nil
	}
	switch err := c.client.CreateDB(ctx, database); kivik.HTTPStatus(err) {
	case 0:
		return true, nil
	case http.StatusPreconditionFailed: // created by another process meanwhile
		return false, nil
	default:
		return false, fail("create", database, ErrDatabaseMissing, err)
	}
}

// Database returns a database on this connection. It sends nothing.
func (c *Connection) Database(name string) *Database {
	return &Database{connection: c, name: name, db: c.client.DB(name)}
}

// Close frees the connection's idle sockets. Operations in flight are not interrupted.
func (c *Connection) Close() error {
	err := c.client.Close()
	if c.breaker != nil {
		c.breaker.close()
	}
	if c.tcp != nil {
		c.tcp.CloseIdleConnections()
	}
	return err
}

// bound returns ctx with the operation's deadline.
func (c *Connection) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.timeout)
}
