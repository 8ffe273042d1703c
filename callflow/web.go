package callflow

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"callfn/internal/guardedhttp"
)

// Web asks web servers for pivot and webhook nodes, through the guard that keeps them on the public internet and within
// their bounds. It is the HTTP of a Control. It is safe for concurrent use.
type Web struct {
	client *guardedhttp.Client

	ctx   context.Context // of requests that nobody waits for
	stop  context.CancelFunc
	slots chan struct{}
	wait  sync.WaitGroup
	again time.Duration
}

const (
	mostForgotten = 64              // requests under way that nobody waits for
	retryDelay    = 2 * time.Second // before such a request is sent again (webhooks_util:retry_hook)
)

// ErrWebBusy says that too many requests are under way that nobody waits for.
var ErrWebBusy = errors.New("too many requests are under way already; this one was not sent")

// NewWeb makes a Web. Close it when no call asks any more.
func NewWeb(cfg guardedhttp.Config) *Web {
	ctx, cancel := context.WithCancel(context.Background())
	return &Web{
		client: guardedhttp.New(cfg), ctx: ctx, stop: cancel, slots: make(chan struct{}, mostForgotten),
		again: retryDelay,
	}
}

// Close gives up the requests that nobody waits for.
func (w *Web) Close() {
	w.stop()
	w.wait.Wait()
}

// HTTP asks a web server. What HTTPRequest.Forget is sent in the background, and there is no answer.
func (w *Web) HTTP(ctx context.Context, r HTTPRequest) (HTTPResponse, error) {
	if !r.Forget {
		return w.ask(ctx, r)
	}
	select {
	case w.slots <- struct{}{}:
	default:
		return HTTPResponse{}, ErrWebBusy
	}
	w.wait.Add(1)
	go func() {
		defer func() {
			<-w.slots
			w.wait.Done()
		}()
		w.deliver(r)
	}()
	return HTTPResponse{}, nil
}

// deliver sends until the server takes it or all attempts are used up.
func (w *Web) deliver(r HTTPRequest) {
	for attempt := 0; ; attempt++ {
		answer, err := w.ask(w.ctx, r)
		if err == nil && answer.Status/100 == 2 || attempt >= r.Retries || errors.Is(err, guardedhttp.ErrAddress) ||
			errors.Is(err, errNoPublicName) || errors.Is(err, guardedhttp.ErrURL) {
			return
		}
		select {
		case <-w.ctx.Done():
			return
		case <-time.After(w.again):
		}
	}
}

func (w *Web) ask(ctx context.Context, r HTTPRequest) (HTTPResponse, error) {
	answer, err := w.client.Do(ctx, guardedhttp.Request{
		Method: r.Method, URL: r.URL, ContentType: r.ContentType,
		Body: r.Body, Timeout: r.Timeout,
	})
	if err != nil {
		return HTTPResponse{}, outside(ctx, r.URL, err)
	}
	return HTTPResponse{Status: answer.Status, ContentType: answer.ContentType, Body: answer.Body}, nil
}

// errNoPublicName is the answer for a name that is unknown, and for one that only this network knows: by asking, nobody
// learns which names there are inside.
var errNoPublicName = errors.New("its name leads to no public address")

// outside says why there is no answer, without what is this machine's own business: which names and addresses it knows,
// which resolver was asked. What it wraps is for errors.Is.
func outside(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx) // the call's own end
	}
	var name *net.DNSError
	if errors.As(err, &name) || errors.Is(err, guardedhttp.ErrAddress) {
		if numeric(address) { // this one, or what it redirected to
			return guardedhttp.ErrAddress
		}
		return errNoPublicName
	}
	var certificate *tls.CertificateVerificationError
	for _, bound := range []error{guardedhttp.ErrURL, guardedhttp.ErrRedirects, guardedhttp.ErrTooLarge} {
		if errors.Is(err, bound) {
			return bound
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return ErrHTTPTimeout
	case errors.As(err, &certificate):
		return errors.New("its certificate is not valid")
	}
	return errors.New("it cannot be reached")
}

// numeric reports whether the host of a URL is an address and no name.
func numeric(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err == nil
}
