package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"sync/atomic"

	"callfn/internal/guardedhttp"
)

// send sends one hop, once more where a GET's connection broke before an answer began.
func (e *exchange) send(ctx context.Context, u *url.URL, authority string, out Filled) (Response, *url.URL, error) {
	b := e.client.breakers
	key := breakerKey{e.Account, u.Scheme, authority}
	if b.isOpen(key) {
		return Response{}, nil, &Error{
			Reason: CircuitOpen, Host: u.Hostname(), Message: u.Hostname() + " did not answer lately: it is asked again " +
				"once it is back, which is looked for every few seconds",
		}
	}
	answer, location, err := e.attempt(ctx, u, out)
	var failed *Error
	if errors.As(err, &failed) {
		var broken *brokenError
		if errors.As(failed.cause, &broken) && broken.fresh && e.method == http.MethodGet && ctx.Err() == nil {
			answer, location, err = e.attempt(ctx, u, out)
		}
	}
	switch {
	case errors.As(err, &failed) && failed.hard && !(failed.Reason == Timeout && e.cutShort):
		b.failed(key, u.Path, true)
	case errors.As(err, &failed) && (failed.hard || failed.soft):
		b.failed(key, u.Path, false)
	case err == nil:
		b.succeeded(key)
	}
	return answer, location, err
}

// brokenError is a connection that broke before a byte of the answer.
type brokenError struct {
	error
	fresh bool // the transport did not try again by itself
}

func (e *brokenError) Unwrap() error { return e.error }

// attempt sends one request over one connection.
func (e *exchange) attempt(ctx context.Context, u *url.URL, out Filled) (Response, *url.URL, error) {
	transport := e.client.pools.of(e.Account, out.Confidential && u.Scheme == "http")
	var connections atomic.Int32
	var began atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { connections.Add(1) },
		GotFirstResponseByte: func() { began.Store(true) },
	})
	req, err := http.NewRequestWithContext(traced, e.method, u.String(), bytes.NewReader(out.Body))
	if err != nil {
		return Response{}, nil, malformed("its address is no URL")
	}
	req.Header = out.Header
	req.Header.Set("Accept-Encoding", "identity")
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", e.client.cfg.UserAgent)
	}
	if e.IdempotencyKey != "" && e.method == http.MethodPost {
		req.Header.Set("Idempotency-Key", e.IdempotencyKey)
	}
	answer, err := transport.RoundTrip(req)
	if err != nil {
		if ctx.Err() == nil && connections.Load() > 0 && !began.Load() {
			err = &brokenError{err, connections.Load() == 1}
		}
		return Response{}, nil, e.failure(ctx, u.Hostname(), err)
	}
	defer func() { _ = answer.Body.Close() }()
	if location := locationOf(u, answer.StatusCode, answer.Header); location != nil {
		_, _ = io.CopyN(io.Discard, answer.Body, 4<<10) // so that the connection can be used again
		return Response{Status: answer.StatusCode}, location, nil
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, int64(e.client.cfg.MaxAnswer)+1))
	if err != nil {
		return Response{}, nil, e.failure(ctx, u.Hostname(), err)
	}
	if len(body) > e.client.cfg.MaxAnswer {
		return Response{}, nil, &Error{Reason: TooLarge, Host: u.Hostname(), Message: fmt.Sprintf("the answer of %s is "+
			"longer than %d bytes: ask for less", u.Hostname(), e.client.cfg.MaxAnswer)}
	}
	return e.clean(Response{Status: answer.StatusCode, Header: answer.Header, Body: body, Host: u.Hostname()}), nil, nil
}

// clean takes out of an answer what the function must not know.
func (e *exchange) clean(r Response) Response {
	if e.Clean == nil {
		return r
	}
	r.Body = []byte(e.Clean(string(r.Body)))
	for _, values := range r.Header {
		for i, value := range values {
			values[i] = e.Clean(value)
		}
	}
	return r
}

// failure says why there is no answer.
func (e *exchange) failure(ctx context.Context, host string, err error) *Error {
	f := &Error{Host: host, cause: err, soft: true}
	var dns *net.DNSError
	var timeout net.Error
	var dial *net.OpError
	switch {
	case errors.Is(err, guardedhttp.ErrAddress):
		f.Reason, f.soft = RefusedAddress, false
		f.Message = host + " is at an address that functions may not reach: have the operator allow it (--http-allow)"
		if e.Fill != nil {
			f.Message += "; secrets go over https, and without it only to networks that are allowed"
		}
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout() && !errors.As(err, &dns):
		f.Reason, f.hard = Timeout, true
		f.Message = host + " did not answer in time"
	case errors.Is(ctx.Err(), context.Canceled):
		f.Reason, f.soft = Timeout, false
		f.Message = "the run ended before " + host + " answered"
	case errors.As(err, &dns):
		f.Reason, f.Message = DNS, "the name "+host+" leads to no address"
	case isTLS(err):
		f.Reason, f.Message = TLS, "no secure connection to "+host+": its certificate is not trusted, or it speaks no TLS"
	case errors.As(err, &dial) && dial.Op == "dial":
		f.Reason, f.hard = Connect, true
		f.Message = host + " takes no connection"
	default:
		f.Reason, f.Message = Connect, "the connection to "+host+" broke"
	}
	return f
}

func isTLS(err error) bool {
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	var alert tls.AlertError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	return errors.As(err, &record) || errors.As(err, &verification) || errors.As(err, &alert) ||
		errors.As(err, &unknown) || errors.As(err, &invalid) || errors.As(err, &name)
}
