package sip

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// mostSources is how many addresses one reading of a socket may see. sipgo remembers every one for as long as it reads;
// after so many a new reading takes over and the old one forgets.
const mostSources = 20000

// overlap is how long an old reading is kept beside the new one: as long as a transaction lasts at most (64*T1, RFC
// 3261 section 17). While it is kept, sipgo answers what it read from this socket; afterwards, from a new one.
const overlap = 32 * time.Second

// drain is how long a reading outlives its socket, for the same reason: by then sipgo has looked up where to answer
// what was read last.
const drain = 100 * time.Millisecond

// datagrams is a UDP socket of which the server reads what the gate lets through. The socket belongs to whoever opened
// it: Close ends this reading only.
type datagrams struct {
	net.PacketConn
	gate    *gate
	full    func()          // told once, when a new reading should take over
	closing <-chan struct{} // closed when the server gives everything back
	once    sync.Once
	ended   atomic.Bool
	sources map[string]struct{} // of the reading goroutine
}

func newDatagrams(socket net.PacketConn, g *gate, full func(), closing <-chan struct{}) *datagrams {
	return &datagrams{PacketConn: socket, gate: g, full: full, closing: closing, sources: map[string]struct{}{}}
}

// ReadFrom implements net.PacketConn.
func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		if d.ended.Load() {
			d.overlap()
			return 0, nil, net.ErrClosed
		}
		n, from, err := d.PacketConn.ReadFrom(b)
		if err != nil {
			time.Sleep(drain)
			if errors.Is(err, net.ErrClosed) {
				return n, from, err
			}
			continue // sipgo would end the reading
		}
		switch d.gate.judge(addressOf(from), b[:n]) {
		case refuse:
			d.gate.observe.CallRefused(403)
			if answer := d.gate.refusal(b[:n], from.String()); answer != nil {
				_, _ = d.PacketConn.WriteTo(answer, from) // a stranger may be gone
			}
			continue
		case drop:
			d.gate.observe.MessageDropped()
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

// overlap waits until what was read is answered.
func (d *datagrams) overlap() {
	timer := time.NewTimer(overlap)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.closing:
		time.Sleep(drain)
	}
}

// Close implements net.PacketConn.
func (d *datagrams) Close() error {
	d.ended.Store(true)
	return nil
}
