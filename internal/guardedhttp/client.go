package guardedhttp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// The errors of the guard, for errors.Is.
var (
	ErrAddress   = errors.New("the address is not a public one")
	ErrURL       = errors.New("name an address that begins with http:// or https://, without a password")
	ErrRedirects = errors.New("too many redirects")
	ErrTooLarge  = errors.New("the answer is too large")
)

// Config bounds a client. Zero members mean the default.
type Config struct {
	Timeout   time.Duration         // a whole exchange, redirects and body included; 5 s
	Bytes     int64                 // of an answer's body; 256 KiB
	Redirects int                   // how many are followed, -1 for none; 3
	Allow     func(netip.Addr) bool // which addresses may be connected to; Public
	UserAgent string                // `callfn`
}

// Client sends requests within its bounds. It is safe for concurrent use and keeps no connection open between
// requests.
type Client struct {
	cfg  Config
	http *http.Client
}

// New makes a client.
func New(cfg Config) *Client {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.Bytes <= 0 {
		cfg.Bytes = 256 << 10
	}
	if cfg.Redirects == 0 {
		cfg.Redirects = 3
	}
	if cfg.Allow == nil {
		cfg.Allow = Public
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "callfn"
	}
	c := &Client{cfg: cfg}
	dialer := &net.Dialer{Timeout: cfg.Timeout, Control: Control(cfg.Allow)}
	c.http = &http.Client{
		CheckRedirect: c.checkRedirect,
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
			MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: cfg.Timeout, ResponseHeaderTimeout: cfg.Timeout,
			ForceAttemptHTTP2: false,
		},
	}
	return c
}

// Request is a request to send.
type Request struct {
	Method, URL string
	ContentType string // of Body
	Body        []byte
	Timeout     time.Duration // shorter than the client's; 0 for that
}

// Response is an answer of any status, after redirects.
type Response struct {
	Status       int
	ContentType  string
	CacheControl string
	Body         []byte
}

// Do sends a request. An error says why there is no answer: a bound, the guard, or the network.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	body := bytes.NewBuffer([]byte{})
	answer, err := c.Download(ctx, r, body)
	if err != nil {
		return Response{}, err
	}
	answer.Body = body.Bytes()
	return answer, nil
}

// Download is Do with the body written to w as it comes, instead of into the answer. Where there is an error, w may
// have got a part of it.
func (c *Client) Download(ctx context.Context, r Request, w io.Writer) (Response, error) {
	u, err := url.Parse(r.URL)
	if err != nil || !usable(u) {
		return Response{}, fmt.Errorf("ask a web server: %w", ErrURL)
	}
	timeout := c.cfg.Timeout
	if r.Timeout > 0 {
		timeout = min(timeout, r.Timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return Response{}, fmt.Errorf("ask %s: %w", u.Host, err)
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return Response{}, fmt.Errorf("ask %s: %w", u.Host, bare(err))
	}
	defer func() { _ = answer.Body.Close() }()
	n, err := io.Copy(w, io.LimitReader(answer.Body, c.cfg.Bytes+1))
	if err != nil {
		return Response{}, fmt.Errorf("read the answer of %s: %w", u.Host, err)
	}
	if n > c.cfg.Bytes {
		return Response{}, fmt.Errorf("the answer of %s is longer than %d bytes: %w", u.Host, c.cfg.Bytes, ErrTooLarge)
	}
	return Response{
		Status: answer.StatusCode, ContentType: answer.Header.Get("Content-Type"),
		CacheControl: answer.Header.Get("Cache-Control"),
	}, nil
}

// bare removes the URL from an error, since it may hold secrets.
func bare(err error) error {
	var web *url.Error
	if errors.As(err, &web) {
		return web.Err
	}
	return err
}

func usable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// checkRedirect bounds redirects and allows http and https alone, never from https to http.
func (c *Client) checkRedirect(next *http.Request, via []*http.Request) error {
	switch {
	case len(via) > max(c.cfg.Redirects, 0):
		return ErrRedirects
	case !usable(next.URL), via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme == "http":
		return ErrURL
	}
	next.Header.Del("Referer")
	return nil
}

// Control is a net.Dialer's: called with every address before it connects, it refuses with ErrAddress whatever allow
// does not.
func Control(allow func(netip.Addr) bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || (network != "tcp4" && network != "tcp6") || !allow(to.Addr().Unmap()) {
			return ErrAddress
		}
		return nil
	}
}
