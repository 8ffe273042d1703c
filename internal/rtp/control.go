package rtp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"callfn/internal/media"
)

const (
	reportEvery = 5 * time.Second
	// keepAliveAfter is how long nothing is sent before a frame of silence is, so that NATs on the way do not forget the
	// call (RFC 6263).
	keepAliveAfter = 15 * time.Second
)

// tick sends reports and keeps the way open.
func (s *Stream) tick() {
	defer s.readers.Done()
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.quit:
			return
		case now := <-ticker.C:
			s.sendReport(false)
			s.keepAlive(now)
		}
	}
}

func (s *Stream) keepAlive(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == 0 || now.Sub(s.sentAt) < keepAliveAfter {
		return
	}
	var silence media.Frame
	s.send(s.stampAt(now), true, &silence)
}

// stampAt is the timestamp of a moment after the last packet.
func (s *Stream) stampAt(now time.Time) uint32 {
	return s.lastStamp + uint32(media.Samples(now.Sub(s.sentAt)))
}

// sendReport sends a sender or receiver report with our name, and at the end good-bye.
func (s *Stream) sendReport(bye bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, to, ok := s.report(bye, time.Now())
	if !ok {
		return
	}
	if b, ok = s.guard.seal(b, true); !ok {
		return
	}
	from := s.control
	if s.params.Mux {
		from = s.audio
	}
	_, _ = from.WriteToUDPAddrPort(b, to) // the next report says the same
}

// report is a report and where to send it. s.mu is held.
func (s *Stream) report(bye bool, now time.Time) ([]byte, netip.AddrPort, bool) {
	to := s.params.ControlTo
	if target, ok := s.latch.target(s.params.Unheard); !ok {
		return nil, to, false
	} else if s.params.Mux {
		to = target
	} else if target != s.params.Remote || !to.IsValid() {
		to = netip.AddrPortFrom(target.Addr(), target.Port()+1) // behind a NAT: the port beside the one that is heard
	}
	var blocks []rtcp.ReceptionReport
	if s.in.begun {
		blocks = append(blocks, s.in.report(now))
	}
	var packets []rtcp.Packet
	if s.sent > 0 {
		packets = append(packets, &rtcp.SenderReport{
			SSRC: s.ssrc, NTPTime: ntp(now), RTPTime: s.stampAt(now), PacketCount: s.sent, OctetCount: s.octets,
			Reports: blocks,
		})
	} else {
		packets = append(packets, &rtcp.ReceiverReport{SSRC: s.ssrc, Reports: blocks})
	}
	packets = append(packets, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: s.ssrc,
		Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: fmt.Sprintf("%08x@callfn", s.ssrc)}},
	}}})
	if bye {
		packets = append(packets, &rtcp.Goodbye{Sources: []uint32{s.ssrc}})
	}
	b, err := rtcp.Marshal(packets)
	return b, to, err == nil
}

// ntp is a time as RTCP has it: seconds since 1900 and their fraction, 32 bits each.
func ntp(t time.Time) uint64 {
	const from1900 = 2208988800
	return uint64(t.Unix()+from1900)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// readControl takes the caller's reports.
func (s *Stream) readControl() {
	defer s.readers.Done()
	buf := make([]byte, largestPacket)
	for {
		n, from, err := s.control.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			s.receiveControl(buf[:n], unmapped(from), time.Now())
		}
	}
}

func (s *Stream) receiveControl(b []byte, from netip.AddrPort, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takeControl(b, from, now)
}

// isControl reports whether a packet that came where audio comes is RTCP: its second byte is a type of RTCP's, which no
// audio with its marker has (RFC 5761 section 4).
func isControl(b []byte) bool { return b[1] >= 192 && b[1] <= 223 }

// shortestControl is the shortest RTCP packet.
const shortestControl = 8

// takeControl takes one report of the caller's. What is no RTCP, such as STUN's questions that some phones keep their
// NATs open with, is no attempt to be one. s.mu is held.
func (s *Stream) takeControl(b []byte, from netip.AddrPort, now time.Time) {
	if len(b) < shortestControl || b[0]>>6 != 2 {
		return
	}
	if target, ok := s.latch.target(true); !ok || from.Addr() != target.Addr() {
		return
	}
	b, ok := s.guard.open(b, true)
	if !ok {
		return
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	s.heard = now
	for _, p := range packets {
		if report, ok := p.(*rtcp.SenderReport); ok && report.SSRC == s.in.ssrc {
			s.in.lastReport, s.in.lastReportAt = uint32(report.NTPTime>>16), now
		}
	}
}
