package sip

import (
	"net"
	"sync"
	"sync/atomic"
)

// mostSources is how many addresses one reading of a socket may see. sipgo remembers every one for as long as it reads;
// after so many a new reading takes over and the old one forgets.
const mostSources = 20000

// datagrams is a UDP socket of which the server reads what the gate lets through. The socket belongs to whoever opened
// it: Close ends this reading only.
type datagrams struct {
	net.PacketConn
	gate    *gate
	full    func() // told once, when a new reading should take over
	once    sync.Once
	ended   atomic.Bool
	sources map[string]struct{} // of the reading goroutine
}

func newDatagrams(socket net.PacketConn, g *gate, full func()) *datagrams {
	return &datagrams{PacketConn: socket, gate: g, full: full, sources: map[string]struct{}{}}
}

// ReadFrom implements net.PacketConn.
func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		if d.ended.Load() {
			return 0, nil, net.ErrClosed
		}
		n, from, err := d.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		switch d.gate.judge(addressOf(from).Addr(), b[:n]) {
		case refuse:
			if answer := d.gate.refusal(b[:n], from.String()); answer != nil {
				_, _ = d.PacketConn.WriteTo(answer, from) // a stranger may be gone
			}
			continue
		case drop:
			continue
		}
		d.sources[from.String()] = struct{}{}
		if int64(len(d.sources)) >= d.gate.mostSources.Load() {
			d.once.Do(func() {
				d.ended.Store(true)
				d.full()
			})
		}
		return n, from, nil
	}
}

// Close implements net.PacketConn.
func (d *datagrams) Close() error {
	d.ended.Store(true)
	return nil
}
