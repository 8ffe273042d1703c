package service

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/net/netutil"
)

// boundConnections accepts at most so many connections at once: further ones wait. Of those a quarter may be one
// address's, or of IPv6 one network's of 64 bits; more are closed at once. Proxies and this machine itself, which ask
// for many, are not held to that.
func boundConnections(l net.Listener, most int, proxies []netip.Prefix, log *slog.Logger) net.Listener {
	return &fairListener{
		Listener: netutil.LimitListener(l, most), most: max(most/4, 1),
		proxies: proxies, log: log, open: map[netip.Addr]int{},
	}
}

// fairListener is a listener of which no address has more than its share.
type fairListener struct {
	net.Listener
	most    int
	proxies []netip.Prefix
	log     *slog.Logger

	mu   sync.Mutex
	open map[netip.Addr]int // connections by client
}

// Accept waits for a connection of somebody who has fewer than their share.
func (l *fairListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		client, held := l.client(conn)
		if !held {
			return conn, nil
		}
		if l.take(client) {
			return &countedConn{Conn: conn, closed: sync.OnceFunc(func() { l.give(client) })}, nil
		}
		_ = conn.Close()
		l.log.Debug("close connection of an address that has its share", "remote", client.String(), "open", l.most)
	}
}

// client is whom a connection counts for; held is false for who is not held to a share.
func (l *fairListener) client(conn net.Conn) (client netip.Addr, held bool) {
	from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}, false
	}
	client = from.Addr().Unmap().WithZone("")
	if client.IsLoopback() {
		return client, false
	}
	for _, proxy := range l.proxies {
		if proxy.Contains(client) {
			return client, false
		}
	}
	if client.Is6() {
		if network, err := client.Prefix(64); err == nil {
			client = network.Addr()
		}
	}
	return client, true
}

func (l *fairListener) take(client netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[client] >= l.most {
		return false
	}
	l.open[client]++
	return true
}

func (l *fairListener) give(client netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[client]--; l.open[client] <= 0 {
		delete(l.open, client)
	}
}

// countedConn is a connection that counts until it is closed.
type countedConn struct {
	net.Conn
	closed func()
}

func (c *countedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}
