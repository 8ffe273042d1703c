package couchnode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Transport returns an http.RoundTripper that passes requests to the node in this process, whatever host their URL
// names. Responses stream: a continuous _changes feed arrives line by line. Cancelling the request's context, or
// closing the response's body, ends the node's work on the request.
func (n *Node) Transport() http.RoundTripper { return inProcess{n} }

type inProcess struct{ node *Node }

// errAborted is what a reader gets if the node aborts an answer.
var errAborted = errors.New("couchnode: the node gave up in the middle of its answer")

// heldBytes is how much of an answer is buffered: a smaller answer is delivered whole, with its length.
const heldBytes = 64 << 10

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	in := r.WithContext(ctx)
	in.RemoteAddr = "127.0.0.1:0"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.ContentLength > 0 && in.Header.Get("Content-Length") == "" {
		in.Header = r.Header.Clone()
		in.Header.Set("Content-Length", strconv.FormatInt(in.ContentLength, 10))
	}
	p := &pipe{
		head: r.Method == http.MethodHead, header: http.Header{}, outer: r.Context(), ctx: ctx, cancel: cancel,
		ready: make(chan struct{}),
	}
	p.cond = sync.NewCond(&p.mu)
	cutOff := func() bool { return true }
	if t.node.aborted.Err() == nil { // a closed node still answers that it is closed
		cutOff = context.AfterFunc(t.node.aborted, p.abandon)
	}
	t.node.handlers.run(func() {
		defer func() { _ = in.Body.Close() }() // a RoundTripper must close it, whatever its handler does
		defer cutOff()
		defer func() { p.finish(recover()) }()
		t.node.answer(ctx, p, in)
	})
	select {
	case <-p.ready:
		return p.response(r)
	case <-ctx.Done():
		p.abandon()
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return nil, errAborted
	}
}

// pipe is the http.ResponseWriter of one exchange, and its reader's body. Writing waits while the reader is more than
// heldBytes behind.
type pipe struct {
	outer  context.Context // the client's
	ctx    context.Context // the handler's, which ends earlier if the client closes the body
	cancel context.CancelFunc
	ready  chan struct{} // closed when the response is available
	head   bool          // a HEAD response has no body, whatever the handler writes

	mu        sync.Mutex
	cond      *sync.Cond
	header    http.Header // the handler's, until ready
	sent      http.Header
	status    int
	buf       bytes.Buffer
	streaming bool // ready was closed before the handler ended
	done      bool
	err       error // why reading ends, once done; nil is io.EOF
	abandoned bool  // nobody reads any more
}

func (p *pipe) Header() http.Header { return p.header }

func (p *pipe) WriteHeader(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writeHeader(status)
}

func (p *pipe) writeHeader(status int) {
	if p.status == 0 && status >= 200 {
		p.status, p.sent = status, p.header.Clone()
	}
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writeHeader(http.StatusOK)
	if p.head {
		return len(b), nil
	}
	if p.buf.Len()+len(b) > heldBytes {
		p.stream()
	}
	for p.streaming && p.buf.Len() > heldBytes && !p.abandoned {
		p.cond.Wait()
	}
	if p.abandoned {
		return 0, p.gone()
	}
	p.buf.Write(b)
	p.cond.Broadcast()
	return len(b), nil
}

// FlushError makes the buffered data available to the reader.
func (p *pipe) FlushError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.abandoned {
		return p.gone()
	}
	p.writeHeader(http.StatusOK)
	p.stream()
	return nil
}

// Flush is FlushError for callers that ask for an http.Flusher.
func (p *pipe) Flush() { _ = p.FlushError() }

func (p *pipe) gone() error {
	if err := p.outer.Err(); err != nil {
		return err
	}
	return errAborted
}

// stream delivers the response before its end is known.
func (p *pipe) stream() {
	if !p.streaming && !p.done {
		p.streaming = true
		close(p.ready)
		// From here on the reader may be waiting in Read, which does not watch contexts.
		context.AfterFunc(p.ctx, p.abandon)
	}
}

// finish ends the response when the handler has returned or panicked.
func (p *pipe) finish(panicked any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case panicked == nil:
		p.writeHeader(http.StatusOK)
	case panicked == http.ErrAbortHandler:
		p.err = errAborted
	default:
		p.err = fmt.Errorf("couchnode: handler panicked: %v", panicked)
	}
	p.done = true
	if !p.streaming {
		close(p.ready)
	}
	p.cond.Broadcast()
}

// abandon wakes all waiters because the reader or its context has ended.
func (p *pipe) abandon() {
	p.mu.Lock()
	p.abandoned = true
	p.cond.Broadcast()
	p.mu.Unlock()
	p.cancel()
}

// response returns the client's response. It is called once, when ready is closed.
func (p *pipe) response(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status == 0 { // the handler panicked before it wrote anything
		p.cancel()
		return nil, p.err
	}
	length := int64(-1)
	if p.done && p.err == nil {
		length = int64(p.buf.Len())
	}
	if r.Method == http.MethodHead {
		if n, err := strconv.ParseInt(p.sent.Get("Content-Length"), 10, 64); err == nil {
			length = n
		}
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", p.status, http.StatusText(p.status)),
		StatusCode: p.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: p.sent, Body: (*pipeBody)(p), ContentLength: length, Request: r,
	}, nil
}

// pipeBody is the reading end.
type pipeBody pipe

func (b *pipeBody) Read(dst []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.buf.Len() == 0 {
		switch {
		case b.done && b.err != nil:
			if err := b.outer.Err(); err != nil {
				return 0, err // the handler stopped because its client did
			}
			return 0, b.err
		case b.done:
			b.cancel()
			return 0, io.EOF
		case b.abandoned:
			return 0, (*pipe)(b).gone()
		case len(dst) == 0:
			return 0, nil
		}
		b.cond.Wait()
	}
	n, err := b.buf.Read(dst)
	b.cond.Broadcast()
	return n, err
}

func (b *pipeBody) Close() error {
	(*pipe)(b).abandon()
	return nil
}
