package callflow

import (
	"context"
	"errors"
	"sync"
	"time"

	"callfn/internal/guardedhttp"
)

// Web sends the requests of pivot and webhook nodes through the guard, which limits them to the public internet and to
// its bounds. It implements HTTP for a Control. It is safe for concurrent use.
type Web struct {
	client *guardedhttp.Client

	ctx   context.Context // of requests for which no call waits
	stop  context.CancelFunc
	slots chan struct{}
	wait  sync.WaitGroup
	again time.Duration
}

const (
	mostForgotten = 64              // running requests for which no call waits
	retryDelay    = 2 * time.Second // before such a request is sent again (webhooks_util:retry_hook)
)

// ErrWebBusy reports too many running requests without a waiting call.
var ErrWebBusy = errors.New("too many requests are under way already; this one was not sent")

// NewWeb returns a Web. Close it when no call uses it any more.
func NewWeb(cfg guardedhttp.Config) *Web {
	ctx, cancel := context.WithCancel(context.Background())
	return &Web{
		client: guardedhttp.New(cfg), ctx: ctx, stop: cancel, slots: make(chan struct{}, mostForgotten),
		again: retryDelay,
	}
}

// Close aborts the requests for which no call waits.
func (w *Web) Close() {
	w.stop()
	w.wait.Wait()
}

// HTTP sends a request to a web server. It sends a request with HTTPRequest.Forget in the background, and returns no
// response.
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

// deliver sends until the server accepts the request or all attempts are used.
func (w *Web) deliver(r HTTPRequest) {
	for attempt := 0; ; attempt++ {
		answer, err := w.ask(w.ctx, r)
		if err == nil && answer.Status/100 == 2 || attempt >= r.Retries || errors.Is(err, guardedhttp.ErrAddress) ||
			errors.Is(err, guardedhttp.ErrNoPublicName) || errors.Is(err, guardedhttp.ErrURL) {
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

// outside returns why there is no response, without details of this machine. The wrapped error is for errors.Is.
func outside(ctx context.Context, address string, err error) error {
	if err = guardedhttp.Explain(ctx, address, err); errors.Is(err, guardedhttp.ErrTimeout) {
		return ErrHTTPTimeout
	}
	return err
}
