package rtp

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"callfn/internal/media"
)

// Sink is what a stream gives the caller's audio and keys to, such as a media.Session.
type Sink interface {
	Press(key byte) bool
	Hear(seq uint16, samples []int16)
	Listening() bool
}

// Params are what offer and answer agreed on.
type Params struct {
	Codec     media.Codec
	Payload   uint8          // of the codec
	Events    uint8          // payload of telephone-events; 0 for none
	Remote    netip.AddrPort // in the caller's SDP; the zero value when not known yet
	Signals   netip.Addr     // where the caller's SIP comes from
	Unheard   bool           // send to Remote before anything is heard from there
	Hold      bool           // the caller wants to hear nothing
	ControlTo netip.AddrPort // where the caller takes RTCP
	Mux       bool           // RTCP shares the port of audio, on both sides (RFC 5761)
	Security  *Security      // nil for packets that anybody on the way can read
}

// Stream is the RTP of one call. It is a media.Transport; its methods are safe for concurrent use.
type Stream struct {
	audio, control *net.UDPConn
	readers        sync.WaitGroup
	quit           chan struct{}
	once           sync.Once

	mu        sync.Mutex
	started   bool
	params    Params
	latch     latch
	sink      Sink
	events    eventReader
	in        reception
	heard     time.Time // anything of the caller's
	usedEvent bool
	guard     guard

	ssrc       uint32
	seq        uint16
	base       uint32 // timestamp of slot 0
	slot       int64  // sent last; -1 for none
	sentAt     time.Time
	sent       uint32 // as ssrc
	octets     uint32
	sentBefore uint64 // as another source
	lastStamp  uint32
	packet     []byte
	eventTimer *time.Timer
}

// Open takes a pair of ports at ip. Nothing is read or sent before Start. Close gives the ports back.
func Open(ports *Ports, ip netip.Addr) (*Stream, error) {
	audio, control, err := ports.listen(ip)
	if err != nil {
		return nil, err
	}
	s := &Stream{
		audio: audio, control: control, quit: make(chan struct{}), base: rand.Uint32(), slot: -1,
		packet: make([]byte, headerSize+media.FrameSamples),
	}
	s.beginSource()
	return s, nil
}

// beginSource has what is sent from now on come from a new source. Its numbers begin in the lower half: SRTP counts how
// often they wrap, and that must not happen while first packets are lost (RFC 3711 section 3.3.1).
func (s *Stream) beginSource() {
	s.sentBefore += uint64(s.sent)
	s.ssrc, s.seq, s.sent, s.octets = rand.Uint32(), uint16(rand.Uint32())&0x7FFF, 0, 0
}

// Port is the port for audio; RTCP has the next.
func (s *Stream) Port() int { return s.audio.LocalAddr().(*net.UDPAddr).Port }

// Start begins to read and send. It is called once; Update changes the parameters later.
func (s *Stream) Start(p Params, to Sink) {
	s.mu.Lock()
	s.sink, s.started = to, true
	s.events.tell = func(key byte) {
		s.usedEvent = true
		to.Press(key)
	}
	s.eventTimer = time.AfterFunc(time.Hour, s.expireEvent)
	s.eventTimer.Stop()
	s.update(p)
	s.mu.Unlock()
	s.readers.Add(3)
	go s.read()
	go s.readControl()
	go s.tick()
}

// Update takes new parameters, after a re-INVITE. A new remote address may be heard from anywhere for a second again.
func (s *Stream) Update(p Params) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.update(p)
}

func (s *Stream) update(p Params) {
	if s.guard.agree(p.Security) && s.sent > 0 {
		s.beginSource()
	}
	if !s.latch.began.IsZero() && p.Remote == s.params.Remote {
		s.params = p
		return
	}
	s.params = p
	s.latch = latch{announced: p.Remote, signals: p.Signals, began: time.Now()}
	s.heard = time.Now()
}

// Close ends the stream: it says good-bye by RTCP, gives the ports back and waits until nothing runs any more.
func (s *Stream) Close() {
	s.once.Do(func() {
		close(s.quit)
		s.mu.Lock()
		started := s.started
		if s.eventTimer != nil {
			s.eventTimer.Stop()
		}
		s.mu.Unlock()
		if started {
			s.sendReport(true)
		}
		_ = s.audio.Close()
		_ = s.control.Close()
	})
	s.readers.Wait()
}

// Heard is when anything of the caller's came last, audio or report; when the stream began where nothing came.
func (s *Stream) Heard() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}

// HeardEvents reports whether any key came as a telephone-event, so that the same keys are not taken from SIP INFO too.
func (s *Stream) HeardEvents() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usedEvent
}

// Stats are the packets of a call.
type Stats struct {
	Sent, Received uint64
	Lost           uint64 // never came
	Late           uint64 // came after a packet that was sent later
	Unauthentic    uint64 // of an encrypted call: not made with the caller's key, and dropped
	Replayed       uint64 // of an encrypted call: heard already, and dropped
}

// Stats counts the packets until now.
func (s *Stream) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.in.stats()
	stats.Sent = s.sentBefore + uint64(s.sent)
	stats.Unauthentic, stats.Replayed = s.guard.unauthentic, s.guard.replayed
	return stats
}

const headerSize = 12

// Send implements media.Transport. Sequence numbers go on across silence, the timestamp counts it, and the first packet
// after it has the marker.
func (s *Stream) Send(slot int64, f *media.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(s.base+uint32(slot*media.FrameSamples), slot != s.slot+1 || s.sent == 0, f)
	s.slot = slot
}

func (s *Stream) send(stamp uint32, marker bool, f *media.Frame) {
	s.lastStamp, s.sentAt = stamp, time.Now()
	to, ok := s.latch.target(s.params.Unheard)
	if !ok || s.params.Hold || !s.started {
		return
	}
	b := s.packet
	b[0], b[1] = 0x80, s.params.Payload
	if marker {
		b[1] |= 0x80
	}
	s.seq++
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], stamp)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	s.params.Codec.Encode(b[headerSize:], f[:])
	sealed, ok := s.guard.seal(b, false)
	if !ok {
		return
	}
	if _, err := s.audio.WriteToUDPAddrPort(sealed, to); err != nil {
		return // an ICMP error of a packet before, or no route: the next may arrive
	}
	s.sent++
	s.octets += media.FrameSamples
}
