package rtp_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	pion "github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"callfn/internal/await"
	"callfn/internal/media"
	"callfn/internal/rtp"
)

// secret is a new key, and the library's context of it.
func secret(t testing.TB, suite rtp.Suite) (rtp.Secret, *srtp.Context) {
	t.Helper()
	s, err := rtp.RandomSecret(suite, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := s.Bytes()
	context, err := srtp.CreateContext(b[:16], b[16:], srtp.ProtectionProfileAes128CmHmacSha1_80)
	if err != nil {
		t.Fatal(err)
	}
	return s, context
}

func suite(t testing.TB) rtp.Suite {
	t.Helper()
	s, ok := rtp.SuiteNamed("AES_CM_128_HMAC_SHA1_80")
	if !ok {
		t.Fatal("got no AES_CM_128_HMAC_SHA1_80, want it")
	}
	return s
}

// encrypted is a phone with keys.
type encrypted struct {
	*phone
	security rtp.Security
	out, in  *srtp.Context
}

func openEncrypted(t *testing.T, change func(*rtp.Params)) (*rtp.Stream, *encrypted, *ear, rtp.Params) {
	t.Helper()
	e := &encrypted{security: rtp.Security{Suite: suite(t)}}
	e.security.Theirs, e.out = secret(t, e.security.Suite)
	e.security.Ours, e.in = secret(t, e.security.Suite)
	var agreed rtp.Params
	s, p, sink := open(t, func(params *rtp.Params) {
		params.Security = &e.security
		if change != nil {
			change(params)
		}
		agreed = *params
	})
	e.phone = p
	return s, e, sink, agreed
}

// audio is a packet of audio, encrypted with a key of the phone's.
func (e *encrypted) audio(t *testing.T, with *srtp.Context, source uint32, seq uint16) []byte {
	t.Helper()
	packet := pion.Packet{
		Header: pion.Header{Version: 2, SSRC: source, SequenceNumber: seq}, Payload: bytes.Repeat([]byte{0x10}, 160),
	}
	b, err := packet.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if b, err = with.EncryptRTP(nil, b, nil); err != nil {
		t.Fatal(err)
	}
	return b
}

func (e *encrypted) write(t *testing.T, b []byte) {
	t.Helper()
	if _, err := e.phone.audio.WriteToUDPAddrPort(b, e.to); err != nil {
		t.Fatal(err)
	}
}

// The caller may send with his old key until his new one is heard, and not after.
func TestPacketsOfTheOldKeyUnderWay(t *testing.T) {
	s, e, sink, params := openEncrypted(t, nil)
	e.write(t, e.audio(t, e.out, 1, 1))
	await.True(t, "the first packet", func() bool { return sink.heard() == 160 })
	next := e.security
	var out *srtp.Context
	next.Theirs, out = secret(t, next.Suite)
	params.Security = &next
	s.Update(params)
	e.write(t, e.audio(t, e.out, 1, 2))
	await.True(t, "a packet of the old key", func() bool { return sink.heard() == 320 })
	e.write(t, e.audio(t, out, 1, 3))
	await.True(t, "a packet of the new key", func() bool { return sink.heard() == 480 })
	e.write(t, e.audio(t, e.out, 1, 4))
	await.True(t, "the old key refused", func() bool { return s.Stats().Unauthentic == 1 })
}

// Sequence numbers wrap after 22 minutes, in both directions.
func TestSequenceNumbersWrap(t *testing.T) {
	s, e, sink, _ := openEncrypted(t, nil)
	for i, seq := range []uint16{100, 30000, 60000, 65535, 20, 30000} {
		e.write(t, e.audio(t, e.out, 1, seq))
		await.True(t, fmt.Sprint("packet ", seq), func() bool { return sink.heard() == 160*(i+1) })
	}
	buf := make([]byte, 2000)
	for slot := range int64(70000) {
		s.Send(slot, new(media.Frame))
		_ = e.phone.audio.SetReadDeadline(time.Now().Add(time.Second))
		n, err := e.phone.audio.Read(buf)
		if err == nil {
			_, err = e.in.DecryptRTP(nil, buf[:n], nil)
		}
		if err != nil {
			t.Fatalf("packet %d: got error %v, want it read", slot, err)
		}
	}
}

// Who has the key can still not have callfn remember any number of sources.
func TestSourcesOfOneKeyAreBounded(t *testing.T) {
	s, e, sink, _ := openEncrypted(t, nil)
	for source := range uint32(70) {
		e.write(t, e.audio(t, e.out, source+1, 1))
	}
	await.True(t, "6 of 70 packets refused", func() bool { return s.Stats().Unauthentic == 6 })
	if got := sink.heard(); got != 64*160 {
		t.Errorf("got %d samples, want those of 64 packets", got)
	}
}

// Reports are encrypted as audio is, and come and go where it does where that was agreed on.
func TestReportsOfEncryptedCalls(t *testing.T) {
	for name, mux := range map[string]bool{"a port of their own": false, "the port of audio": true} {
		t.Run(name, func(t *testing.T) {
			s, e, sink, _ := openEncrypted(t, func(params *rtp.Params) { params.Mux = mux })
			e.write(t, e.audio(t, e.out, 77, 1))
			await.True(t, "audio", func() bool { return sink.heard() == 160 })
			report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 77, NTPTime: 0x1234_5678_0000}})
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := e.out.EncryptRTCP(nil, report, nil)
			if err != nil {
				t.Fatal(err)
			}
			from, to := e.control, netip.AddrPortFrom(loopback, uint16(s.Port()+1))
			if mux {
				from, to = e.phone.audio, e.to
			}
			stun := []byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
			// One question that is none of ours, one report that is not encrypted, one that is, and that again.
			for _, b := range [][]byte{stun, report, sealed, sealed} {
				if _, err := from.WriteToUDPAddrPort(b, to); err != nil {
					t.Fatal(err)
				}
			}
			await.True(t, "one report refused and one replayed", func() bool {
				return s.Stats().Unauthentic == 1 && s.Stats().Replayed == 1
			})
			s.Close() // sends a last report
			buf := make([]byte, 2000)
			_ = from.SetReadDeadline(time.Now().Add(time.Second))
			n, err := from.Read(buf)
			if err != nil {
				t.Fatal("got no report at the end, want one: ", err)
			}
			b, err := e.in.DecryptRTCP(nil, buf[:n], nil)
			if err != nil {
				t.Fatal(err)
			}
			packets, err := rtcp.Unmarshal(b)
			if err != nil || len(packets) != 3 {
				t.Fatalf("got %v, %v; want a report, a name and good-bye", packets, err)
			}
			got, ok := packets[0].(*rtcp.ReceiverReport)
			if !ok || len(got.Reports) != 1 || got.Reports[0].LastSenderReport != 0x12345678 {
				t.Errorf("got %+v, want the caller's report acknowledged", packets[0])
			}
		})
	}
}

// Without encryption too RTCP may share the port of audio: it is told apart, and is no audio.
func TestReportsAtThePortOfAudio(t *testing.T) {
	s, p, sink := open(t, func(params *rtp.Params) { params.Mux = true })
	p.send(t, pion.Packet{Payload: bytes.Repeat([]byte{0x10}, 160)})
	await.True(t, "audio", func() bool { return sink.heard() == 160 })
	report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 77, NTPTime: 0x1234_5678_0000}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.audio.WriteToUDPAddrPort(report, p.to); err != nil {
		t.Fatal(err)
	}
	p.send(t, pion.Packet{Payload: bytes.Repeat([]byte{0x10}, 160)})
	await.True(t, "audio behind the report", func() bool { return sink.heard() == 320 })
	s.Close()
	buf := make([]byte, 2000)
	_ = p.audio.SetReadDeadline(time.Now().Add(time.Second))
	n, err := p.audio.Read(buf)
	if err != nil {
		t.Fatal("got no report where audio goes, want one: ", err)
	}
	packets, err := rtcp.Unmarshal(buf[:n])
	if err != nil || len(packets) != 3 {
		t.Fatalf("got %v, %v; want a report, a name and good-bye", packets, err)
	}
	if got, ok := packets[0].(*rtcp.ReceiverReport); !ok || len(got.Reports) != 1 ||
		got.Reports[0].LastSenderReport != 0x12345678 {
		t.Errorf("got %+v, want the caller's report acknowledged", packets[0])
	}
}

// Whatever prints what holds a key, however, prints no key.
func TestSecretsAreNotPrinted(t *testing.T) {
	made, err := rtp.NewSecret(suite(t), []byte("thirty bytes that nobody reads"), nil)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct{ hidden rtp.Params }
	h := holder{rtp.Params{Security: &rtp.Security{Theirs: made, Ours: made}}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		text := fmt.Sprintf(format+format+format, made, *h.hidden.Security, h)
		if strings.Contains(text, "nobody") || strings.Contains(text, "116 104 105") || strings.Contains(text, "746869") {
			t.Errorf("%s: got %s, want no key", format, text)
		}
	}
	for _, length := range []int{0, 29, 31} {
		if _, err := rtp.NewSecret(suite(t), make([]byte, length), nil); err == nil {
			t.Errorf("%d bytes: got no error, want one", length)
		}
	}
}

func FuzzEncryptedPacket(f *testing.F) {
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
	theirs, out := secret(f, suite(f))
	ours, _ := secret(f, suite(f))
	packet := key(5, 0x80, 160, 800)
	packet.Version = 2
	b, _ := packet.Marshal()
	f.Add(b)
	if b, err = out.EncryptRTP(nil, b, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	s.Start(rtp.Params{
		Codec: media.PCMU, Events: 101, Mux: true,
		Security: &rtp.Security{Suite: suite(f), Theirs: theirs, Ours: ours},
	}, sink)
	f.Fuzz(func(t *testing.T, b []byte) {
		rtp.Receive(s, b, netip.MustParseAddrPort("127.0.0.1:9"))
		rtp.ReceiveControl(s, b, netip.MustParseAddrPort("127.0.0.1:9"))
	})
}
