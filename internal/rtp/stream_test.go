package rtp_test

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	pion "github.com/pion/rtp"
	"go.uber.org/goleak"

	"callfn/internal/await"
	"callfn/internal/media"
	"callfn/internal/rtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddr("127.0.0.1")

// ear is a Sink that keeps what it is given.
type ear struct {
	mu    sync.Mutex
	keys  string
	audio []int16
}

func (e *ear) Press(key byte) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys += string(key)
	return true
}

func (e *ear) Hear(_ uint16, samples []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range samples {
		if s != 0 { // a key is silence
			e.audio = append(e.audio, s)
		}
	}
}

func (*ear) Listening() bool { return true }

func (e *ear) pressed() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.keys
}

func (e *ear) heard() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.audio)
}

// phone is a caller's RTP socket, and the next port for RTCP.
type phone struct {
	audio, control *net.UDPConn
	to             netip.AddrPort
	seq            uint16
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	for range 20 {
		audio, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
		if err != nil {
			t.Fatal(err)
		}
		next := netip.AddrPortFrom(loopback, audio.LocalAddr().(*net.UDPAddr).AddrPort().Port()+1)
		control, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(next))
		if err != nil {
			_ = audio.Close()
			continue
		}
		t.Cleanup(func() { _, _ = audio.Close(), control.Close() })
		return &phone{audio: audio, control: control}
	}
	t.Fatal("got no two free ports beside each other, want two")
	return nil
}

func (p *phone) address() netip.AddrPort { return p.audio.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *phone) send(t *testing.T, packet pion.Packet) {
	t.Helper()
	p.seq++
	packet.Version, packet.SSRC = 2, 77
	if packet.SequenceNumber == 0 {
		packet.SequenceNumber = p.seq
	}
	b, err := packet.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.audio.WriteToUDPAddrPort(b, p.to); err != nil {
		t.Fatal(err)
	}
}

func (p *phone) receive(t *testing.T, within time.Duration) (pion.Packet, bool) {
	t.Helper()
	var packet pion.Packet
	buf := make([]byte, 2000)
	_ = p.audio.SetReadDeadline(time.Now().Add(within))
	n, err := p.audio.Read(buf)
	if err != nil {
		return packet, false
	}
	if err := packet.Unmarshal(buf[:n]); err != nil {
		t.Fatal(err)
	}
	return packet, true
}

// open is a stream with one caller, started as change has it.
func open(t *testing.T, change func(*rtp.Params)) (*rtp.Stream, *phone, *ear) {
	t.Helper()
	ports, err := rtp.NewPorts(24000, 24999)
	if err != nil {
		t.Fatal(err)
	}
	s, err := rtp.Open(ports, loopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	p, sink := newPhone(t), new(ear)
	p.to = netip.AddrPortFrom(loopback, uint16(s.Port()))
	params := rtp.Params{Codec: media.PCMU, Events: 101, Remote: p.address(), Signals: loopback}
	if change != nil {
		change(&params)
	}
	s.Start(params, sink)
	return s, p, sink
}

func key(number, flags byte, duration uint16, stamp uint32) pion.Packet {
	return pion.Packet{
		Header:  pion.Header{PayloadType: 101, Timestamp: stamp},
		Payload: []byte{number, flags, byte(duration >> 8), byte(duration)},
	}
}

func TestKeys(t *testing.T) {
	other := func(p pion.Packet, payload uint8) pion.Packet { p.PayloadType = payload; return p }
	audio := pion.Packet{Header: pion.Header{Timestamp: 90000}, Payload: make([]byte, 160)}
	for name, c := range map[string]struct {
		packets []pion.Packet
		events  uint8
		want    string
	}{
		"once, though the end comes three times": {[]pion.Packet{
			key(5, 10, 0, 800), key(5, 10, 160, 800), key(5, 0x8A, 320, 800), key(5, 0x8A, 320, 800), key(5, 0x8A, 320, 800),
		}, 101, "5"},
		"one packet is enough":             {[]pion.Packet{key(11, 0x80, 0, 800)}, 101, "#"},
		"every end is lost, another comes": {[]pion.Packet{key(1, 0, 160, 800), key(2, 0x80, 160, 1600)}, 101, "12"},
		"the same key twice":               {[]pion.Packet{key(7, 0x80, 160, 800), key(7, 0x80, 160, 1600)}, 101, "77"},
		"an end that is late": {[]pion.Packet{
			key(1, 0x80, 9, 800), key(2, 0x80, 9, 1600), key(1, 0x80, 9, 800),
		}, 101, "12"},
		"no key: flash": {[]pion.Packet{key(16, 0x80, 160, 800), key(3, 0x80, 0, 900)}, 101, "3"},
		"too short": {[]pion.Packet{
			{Header: pion.Header{PayloadType: 101}, Payload: []byte{1, 0x80}}, key(4, 0x80, 0, 9),
		}, 101, "4"},
		"longer than a duration can say": {[]pion.Packet{
			key(9, 0, 0xFFFF, 800), key(9, 0, 160, 800+0xFFFF), key(9, 0x80, 320, 800+0xFFFF), key(1, 0x80, 0, 90000),
		}, 101, "91"},
		"under another number than offered": {[]pion.Packet{other(key(8, 0x80, 1, 800), 97)}, 101, "8"},
		"none agreed on":                    {[]pion.Packet{key(8, 0x80, 1, 800), audio}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, p, sink := open(t, func(params *rtp.Params) { params.Events = c.events })
			for _, packet := range c.packets {
				p.send(t, packet)
			}
			p.send(t, audio)
			await.True(t, "the audio behind the keys", func() bool { return sink.heard() >= 160 })
			if got := sink.pressed(); got != c.want {
				t.Errorf("got keys %q, want %q", got, c.want)
			}
		})
	}
}

func TestKeyWhoseEndIsLost(t *testing.T) {
	_, p, sink := open(t, nil)
	p.send(t, key(6, 0, 160, 800))
	await.True(t, "the key, without its end and without audio", func() bool { return sink.pressed() == "6" })
}

func TestSendCountsSilence(t *testing.T) {
	s, p, _ := open(t, nil)
	var got []pion.Packet
	for _, slot := range []int64{5, 6, 100, 101} {
		s.Send(slot, &media.Frame{1000})
		packet, ok := p.receive(t, time.Second)
		if !ok {
			t.Fatalf("got no frame of slot %d within 1 s, want it", slot)
		}
		got = append(got, packet)
	}
	for i, want := range []struct {
		marker bool
		stamp  uint32
	}{{true, 0}, {false, 160}, {true, 95 * 160}, {false, 96 * 160}} {
		packet := got[i]
		if packet.Marker != want.marker || packet.Timestamp-got[0].Timestamp != want.stamp ||
			packet.SequenceNumber-got[0].SequenceNumber != uint16(i) || packet.SSRC != got[0].SSRC {
			t.Errorf("packet %d: got %+v, want marker %v, %d after the first", i, packet.Header, want.marker, want.stamp)
		}
		sent := make([]byte, 160)
		media.PCMU.Encode(sent, append([]int16{1000}, make([]int16, 159)...))
		if !slices.Equal(packet.Payload, sent) {
			t.Errorf("packet %d: got another payload, want %d bytes as they were sent", i, len(sent))
		}
	}
}

func TestHoldSendsNothing(t *testing.T) {
	s, p, _ := open(t, func(params *rtp.Params) { params.Hold = true })
	s.Send(0, new(media.Frame))
	if _, ok := p.receive(t, 100*time.Millisecond); ok {
		t.Error("got audio to a caller who holds, want none")
	}
}

func TestLatch(t *testing.T) {
	audio := pion.Packet{Payload: make([]byte, 160)}
	t.Run("a caller behind a NAT is followed", func(t *testing.T) {
		s, p, sink := open(t, func(params *rtp.Params) {
			params.Remote, params.Signals = netip.MustParseAddrPort("192.0.2.9:4000"), netip.MustParseAddr("192.0.2.9")
		})
		s.Send(0, new(media.Frame)) // to the announced address
		p.send(t, audio)
		await.True(t, "his audio", func() bool { return sink.heard() > 0 })
		s.Send(1, new(media.Frame))
		if _, ok := p.receive(t, time.Second); !ok {
			t.Error("got no audio where he is heard from, want some")
		}
	})
	t.Run("whoever finds the port later is not heard", func(t *testing.T) {
		_, p, sink := open(t, func(params *rtp.Params) {
			params.Remote, params.Signals = netip.MustParseAddrPort("192.0.2.9:4000"), netip.MustParseAddr("192.0.2.9")
		})
		time.Sleep(1100 * time.Millisecond)
		p.send(t, audio)
		p.send(t, key(1, 0x80, 0, 1))
		time.Sleep(50 * time.Millisecond)
		if sink.heard() > 0 || sink.pressed() != "" {
			t.Errorf("got %d samples and keys %q of a stranger, want none", sink.heard(), sink.pressed())
		}
	})
	t.Run("nor while the caller is heard", func(t *testing.T) {
		s, p, sink := open(t, nil)
		p.send(t, audio)
		await.True(t, "the caller's audio", func() bool { return sink.heard() > 0 })
		thief := newPhone(t)
		thief.to = p.to
		thief.send(t, key(1, 0x80, 0, 1))
		s.Send(0, new(media.Frame))
		if _, ok := p.receive(t, time.Second); !ok || sink.pressed() != "" {
			t.Errorf("got audio to the caller: %t, keys of a stranger %q; want audio and no keys", ok, sink.pressed())
		}
	})
	t.Run("nobody is sent what he did not ask for", func(t *testing.T) {
		s, p, _ := open(t, func(params *rtp.Params) { params.Signals = netip.MustParseAddr("192.0.2.9") })
		s.Send(0, new(media.Frame))
		if _, ok := p.receive(t, 100*time.Millisecond); ok {
			t.Error("got audio at another host than asked, want none")
		}
	})
}

func TestReports(t *testing.T) {
	s, p, sink := open(t, nil)
	for _, seq := range []uint16{100, 101, 103} {
		p.send(t, pion.Packet{Header: pion.Header{SequenceNumber: seq}, Payload: make([]byte, 160)})
	}
	await.True(t, "three packets", func() bool { return sink.heard() == 480 })
	s.Send(0, new(media.Frame))
	s.Close()
	buf := make([]byte, 2000)
	_ = p.control.SetReadDeadline(time.Now().Add(time.Second))
	n, err := p.control.Read(buf)
	if err != nil {
		t.Fatal("got no report at the end, want one: ", err)
	}
	packets, err := rtcp.Unmarshal(buf[:n])
	if err != nil || len(packets) != 3 {
		t.Fatalf("got %v, %v; want a report, a name and good-bye", packets, err)
	}
	report, ok := packets[0].(*rtcp.SenderReport)
	if !ok || report.PacketCount != 1 || report.OctetCount != 160 || len(report.Reports) != 1 ||
		report.Reports[0].TotalLost != 1 || report.Reports[0].LastSequenceNumber != 103 {
		t.Errorf("got %+v, want one packet sent and one of four lost", packets[0])
	}
	if _, ok := packets[2].(*rtcp.Goodbye); !ok {
		t.Errorf("got %T at the end, want good-bye", packets[2])
	}
	if got := s.Stats(); got != (rtp.Stats{Sent: 1, Received: 3, Lost: 1}) {
		t.Errorf("got %+v, want one sent, three received, one lost", got)
	}
}

// A caller who begins anew, with another source or other numbers, lost nothing by it; what he lost before counts on.
func TestStatsOverSeveralSources(t *testing.T) {
	s, p, sink := open(t, nil)
	for _, packet := range []pion.Header{
		{SSRC: 1, SequenceNumber: 65534}, {SSRC: 1, SequenceNumber: 1}, {SSRC: 1, SequenceNumber: 65535}, // 0 is lost
		{SSRC: 2, SequenceNumber: 9000}, {SSRC: 2, SequenceNumber: 9002}, // 9001 is lost
		{SSRC: 2, SequenceNumber: 30000}, {SSRC: 2, SequenceNumber: 100}, // begun anew twice
	} {
		p.send(t, pion.Packet{Header: packet, Payload: make([]byte, 160)})
	}
	await.True(t, "seven packets", func() bool { return sink.heard() == 7*160 })
	s.Close()
	if got, want := s.Stats(), (rtp.Stats{Received: 7, Lost: 2, Late: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPorts(t *testing.T) {
	if _, err := rtp.NewPorts(10001, 10002); err == nil {
		t.Error("a range without a pair: got no error, want one")
	}
	ports, err := rtp.NewPorts(24001, 24005)
	if err != nil || ports.Pairs() != 2 {
		t.Fatalf("got %v, %v; want two pairs", ports, err)
	}
	for range 3 { // what is given back can be had again
		var open []*rtp.Stream
		for range 2 {
			s, err := rtp.Open(ports, loopback)
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, s)
		}
		if _, err := rtp.Open(ports, loopback); err == nil {
			t.Error("a third pair in a range of two: got no error, want one")
		}
		for _, s := range open {
			if s.Port()%2 != 0 {
				t.Errorf("got port %d, want an even one", s.Port())
			}
			s.Close()
		}
	}
}

func FuzzPacket(f *testing.F) {
	packet := key(5, 0x80, 160, 800)
	packet.Version = 2
	b, _ := packet.Marshal()
	f.Add(b)
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xFF})
	f.Add([]byte{0xBF, 0xFF, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xFF})
	ports, err := rtp.NewPorts(25000, 25999)
	if err != nil {
		f.Fatal(err)
	}
	s, err := rtp.Open(ports, loopback)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	sink := new(ear)
	s.Start(rtp.Params{Codec: media.PCMU, Events: 101}, sink)
	f.Fuzz(func(t *testing.T, b []byte) {
		rtp.Receive(s, b, netip.MustParseAddrPort("127.0.0.1:9"))
		rtp.ReceiveControl(s, b, netip.MustParseAddrPort("127.0.0.1:9"))
	})
}
