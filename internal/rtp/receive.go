package rtp

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pion/rtp"
)

// largestPacket is the largest packet that is read; nothing that carries telephone audio is longer.
const largestPacket = 1500

// read takes packets from the audio socket until it is closed.
func (s *Stream) read() {
	defer s.readers.Done()
	buf := make([]byte, largestPacket)
	for {
		n, from, err := s.audio.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			s.receive(buf[:n], unmapped(from), time.Now())
		}
	}
}

// unmapped is an IPv4 address as such where the socket gives it as IPv6.
func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// receive takes one packet. What does not belong to the call is dropped.
func (s *Stream) receive(b []byte, from netip.AddrPort, now time.Time) {
	if len(b) < headerSize || b[0]>>6 != 2 {
		return
	}
	s.mu.Lock()
	if s.params.Mux && isControl(b) {
		s.takeControl(b, from, now)
		s.mu.Unlock()
		return
	}
	var p rtp.Packet
	b, ok := s.guard.open(b, false)
	if !ok || p.Unmarshal(b) != nil {
		s.mu.Unlock()
		return
	}
	audio, isEvent := p.PayloadType == s.params.Payload, s.isEvent(&p)
	if !audio && !isEvent || !s.latch.accept(from, now) {
		s.mu.Unlock()
		return
	}
	s.heard = now
	s.in.packet(p.SSRC, p.SequenceNumber, p.Timestamp, float64(now.UnixNano())*8000/1e9)
	sink, codec := s.sink, s.params.Codec
	if isEvent {
		s.events.packet(p.Timestamp, p.Marker, p.Payload, now)
		if s.events.pending() {
			s.eventTimer.Reset(lostEnd)
		}
	} else {
		s.events.expire(now)
	}
	s.mu.Unlock()
	switch {
	case !sink.Listening():
	case isEvent:
		sink.Hear(p.SequenceNumber, make([]int16, 160)) // a key is silence in a recording
	default:
		sink.Hear(p.SequenceNumber, codec.Decode(p.Payload))
	}
}

// isEvent reports whether a packet is a telephone-event: by its payload number, or by its shape where a caller offered
// one number and uses another, as sipp does. Where none was agreed on there are none.
func (s *Stream) isEvent(p *rtp.Packet) bool {
	switch {
	case s.params.Events == 0:
		return false
	case p.PayloadType == s.params.Events:
		return true
	}
	return p.PayloadType >= 96 && len(p.Payload) == 4 && p.Payload[0] < 16 && p.Payload[1]&0x40 == 0
}

// expireEvent tells a key whose end was lost.
func (s *Stream) expireEvent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.quit:
	default:
		s.events.expire(time.Now().Add(time.Millisecond))
	}
}
