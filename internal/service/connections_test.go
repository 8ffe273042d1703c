package service

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// fakeListener hands out connections that come from the addresses it is told.
type fakeListener struct {
	net.Listener
	from chan string
}

func (l *fakeListener) Accept() (net.Conn, error) {
	address, ok := <-l.from
	if !ok {
		return nil, io.EOF
	}
	here, there := net.Pipe()
	_ = there.Close()
	return &fakeConn{Conn: here, remote: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))}, nil
}

func (l *fakeListener) Close() error { return nil }

type fakeConn struct {
	net.Conn
	remote net.Addr
}

func (c *fakeConn) RemoteAddr() net.Addr { return c.remote }

// No address has more than a quarter of the connections, so that none keeps out the others; proxies and this machine
// may.
func TestConnectionsAreShared(t *testing.T) {
	from := make(chan string, 100)
	l := boundConnections(&fakeListener{from: from}, 8, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")},
		slog.New(slog.DiscardHandler))
	var open []net.Conn
	accepted := func(addresses ...string) (got string) {
		for _, a := range append(addresses, "198.51.100.99:1") { // the last is always taken
			from <- a
		}
		for {
			conn, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			address, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
			if address == "198.51.100.99" {
				_ = conn.Close()
				return strings.TrimSpace(got)
			}
			open = append(open, conn)
			got += " " + address
		}
	}
	if got := accepted("203.0.113.1:1", "203.0.113.1:2", "203.0.113.1:3", "203.0.113.1:4",
		"203.0.113.2:1"); got != "203.0.113.1 203.0.113.1 203.0.113.2" {
		t.Errorf("accepted %s, want two of the first and one of the second", got)
	}
	_ = open[0].Close()
	_ = open[0].Close()
	if got := accepted("203.0.113.1:5", "203.0.113.1:6"); got != "203.0.113.1" {
		t.Errorf("after one was closed: %s, want one more", got)
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	open = nil
	if got := accepted("10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3", "127.0.0.1:1", "127.0.0.1:2",
		"127.0.0.1:3"); strings.Count(got, " ") != 5 {
		t.Errorf("proxies and this machine: %s, want all six", got)
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	open = nil
	if got := accepted("[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "[2001:db8:0:1::1]:1"); strings.Count(got,
		" ") != 2 {
		t.Errorf("one network: %s, want two of it and the other's", got)
	}
}
