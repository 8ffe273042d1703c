// Package faultproxy is a proxy between the service and a datastore, for tests. It does to connections what networks
// and failing servers do.
package faultproxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fault is the present behaviour of the proxy.
type Fault struct {
	kind   kind
	delay  time.Duration
	answer string
}

type kind int

const (
	pass kind = iota
	refuse
	reset
	silent
	slow
	answer
)

// The faults.
var (
	Pass   = Fault{kind: pass}   // nothing is wrong
	Refuse = Fault{kind: refuse} // nobody listens; existing connections are closed
	Reset  = Fault{kind: reset}  // connections are accepted and reset
	Silent = Fault{kind: silent} // half-open: connections are accepted and stay open, but nothing is answered
)

// Slow is a fault that delays every answer.
func Slow(by time.Duration) Fault { return Fault{kind: slow, delay: by} }

// Answer is a fault that answers every request with these bytes and closes the connection.
func Answer(raw string) Fault { return Fault{kind: answer, answer: raw} }

// Status is Answer with a status and a JSON body.
func Status(status int, body string) Fault {
	r := &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Header:        http.Header{"Content-Type": {"application/json"}}, Close: true,
	}
	var w strings.Builder
	_ = r.Write(&w)
	return Answer(w.String())
}

// Proxy listens on one address in front of one server.
type Proxy struct {
	t        testing.TB
	to, addr string

	mu       sync.Mutex
	fault    Fault
	changed  chan struct{} // closed at every change of the fault
	listener net.Listener
	open     map[net.Conn]bool
	wg       sync.WaitGroup
}

// Start starts a proxy in front of the server at to ("127.0.0.1:5984") until the test ends.
func Start(t testing.TB, to string) *Proxy {
	t.Helper()
	p := &Proxy{t: t, to: to, changed: make(chan struct{}), open: map[net.Conn]bool{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	p.listen(l)
	t.Cleanup(p.close)
	return p
}

// Address returns the address that the proxy listens on.
func (p *Proxy) Address() string { return p.addr }

// Set changes the fault, for new and existing connections.
func (p *Proxy) Set(f Fault) {
	p.t.Helper()
	p.mu.Lock()
	was := p.fault
	p.fault = f
	close(p.changed)
	p.changed = make(chan struct{})
	if f.kind != silent && f.kind != slow || was.kind == silent {
		p.cutLocked() // a connection must not mix the answers of two faults
	}
	if f.kind == refuse && p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	again := f.kind != refuse && p.listener == nil
	p.mu.Unlock()
	if again {
		l, err := net.Listen("tcp", p.addr)
		if err != nil {
			p.t.Fatal(err)
		}
		p.listen(l)
	}
}

func (p *Proxy) now() (Fault, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, p.changed
}

func (p *Proxy) cutLocked() {
	for c := range p.open {
		if t, ok := c.(*net.TCPConn); ok && p.fault.kind == reset {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.fault = Fault{kind: refuse}
	close(p.changed)
	p.changed = make(chan struct{})
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	p.cutLocked()
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *Proxy) listen(l net.Listener) {
	p.mu.Lock()
	p.listener = l
	p.mu.Unlock()
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Add(1)
			go func() {
				defer p.wg.Done()
				p.serve(c)
			}()
		}
	}()
}

// own registers a connection so that a fault can cut it off.
func (p *Proxy) own(c net.Conn) (disown func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = true
	return func() {
		_ = c.Close()
		p.mu.Lock()
		delete(p.open, c)
		p.mu.Unlock()
	}
}

func (p *Proxy) serve(c net.Conn) {
	defer p.own(c)()
	fault, changed := p.now()
	switch fault.kind {
	case refuse:
		return
	case reset:
		_ = c.(*net.TCPConn).SetLinger(0)
		return
	case silent:
		<-changed
		return
	case answer:
		if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
			_, _ = io.WriteString(c, fault.answer)
		}
		return
	}
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer p.own(server)()
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		_, _ = io.Copy(server, c)
		_ = server.Close()
	}()
	p.back(c, server)
}

// back copies the server's answers, changed as the present fault demands.
func (p *Proxy) back(c, server net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := server.Read(buf)
		fault, changed := p.now()
		switch fault.kind {
		case slow:
			select {
			case <-time.After(fault.delay):
			case <-changed:
			}
		case silent:
			<-changed
			return
		}
		if n > 0 {
			if _, err := c.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
