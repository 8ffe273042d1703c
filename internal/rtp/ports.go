package rtp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// Ports hands out pairs of UDP ports, an even one for RTP and the next for RTCP, from a range. It goes round, so that a
// port that a call gave back rests before the next has it. It is safe for concurrent use.
type Ports struct {
	low, count int // count pairs from the even port low

	mu   sync.Mutex
	next int
}

// ErrNoPorts says that every port of the range is taken.
var ErrNoPorts = errors.New("every RTP port is taken: calls need two each, see --rtp-ports")

// NewPorts makes Ports of the range from low to high, both included. It has room for at least one pair.
func NewPorts(low, high int) (*Ports, error) {
	even := low + low%2
	count := (high + 1 - even) / 2
	if low < 1 || high > 65535 || count < 1 {
		return nil, fmt.Errorf("RTP ports %d-%d: want a range within 1-65535 with an even port and the next", low, high)
	}
	return &Ports{low: even, count: count}, nil
}

// Pairs is how many calls the range is enough for.
func (p *Ports) Pairs() int { return p.count }

// listen opens the next pair that is free at ip.
func (p *Ports) listen(ip netip.Addr) (audio, control *net.UDPConn, err error) {
	var last error
	for range p.count {
		p.mu.Lock()
		port := p.low + 2*p.next
		p.next = (p.next + 1) % p.count
		p.mu.Unlock()
		audio, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port))))
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			return nil, nil, fmt.Errorf("open an RTP port: %w", err) // the next port would get no descriptor either
		}
		if err != nil {
			last = err
			continue
		}
		control, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port+1))))
		if err == nil {
			return audio, control, nil
		}
		last = errors.Join(err, audio.Close())
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			return nil, nil, fmt.Errorf("open an RTCP port: %w", last)
		}
	}
	return nil, nil, fmt.Errorf("%w (%w)", ErrNoPorts, last)
}
