package sip

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	mostConnections    = 4096
	mostPerHost        = 256 // connections of one address that is no peer
	firstMessageWithin = 10 * time.Second
	idleConnection     = time.Hour // phones over TCP say nothing during a call
)

// connections is a listener of which the server takes what the gate lets through, within bounds.
type connections struct {
	net.Listener
	gate *gate

	mu      sync.Mutex
	all     int
	perHost map[string]int
}

func newConnections(l net.Listener, g *gate) *connections {
	return &connections{Listener: l, gate: g, perHost: map[string]int{}}
}

// acceptAgain is how long after an error the next connection is waited for.
const acceptAgain = 50 * time.Millisecond

// Accept implements net.Listener. A stranger's connection is closed at once. Whatever fails, such as a want of
// descriptors, does not end the listening: only closing it does.
func (c *connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil {
			time.Sleep(acceptAgain)
			continue
		}
		from := addressOf(conn.RemoteAddr()).Addr()
		if !c.gate.access.allowed(from) || !c.enter(from.String(), c.gate.access.trusted(from)) {
			c.gate.observe.MessageDropped()
			_ = conn.Close()
			continue
		}
		return &connection{Conn: conn, gate: c.gate, left: func() { c.leave(from.String()) }}, nil
	}
}

func (c *connections) enter(host string, trusted bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= mostConnections || !trusted && c.perHost[host] >= mostPerHost {
		return false
	}
	c.all++
	c.perHost[host]++
	return true
}

func (c *connections) leave(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.perHost[host]--; c.perHost[host] <= 0 {
		delete(c.perHost, host)
	}
}

// connection bounds how long a connection may say nothing, and how much it may say. Its messages are judged one by one
// when they are read (Server.valid): they come in pieces, several at once, and encrypted.
type connection struct {
	net.Conn
	gate  *gate
	spoke atomic.Bool
	once  sync.Once
	left  func()
}

func (c *connection) Read(b []byte) (int, error) {
	within := firstMessageWithin
	if c.spoke.Load() {
		within = idleConnection
	}
	if err := c.Conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.spoke.Store(true)
		if !c.gate.admitsBytes(addressOf(c.Conn.RemoteAddr()), n) {
			c.gate.observe.MessageDropped()
			return 0, net.ErrClosed
		}
	}
	return n, err
}

func (c *connection) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(firstMessageWithin)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.left)
	return err
}
