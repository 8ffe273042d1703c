package rtp_test

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"testing"

	pion "github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"callfn/internal/media"
	"callfn/internal/rtp"
)

// BenchmarkFrame is what one frame there and one back cost, as they are and encrypted: there are 50 a second.
func BenchmarkFrame(b *testing.B) {
	for _, name := range []string{"none", "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"} {
		b.Run("suite="+name, func(b *testing.B) {
			ports, err := rtp.NewPorts(24000, 24999)
			if err != nil {
				b.Fatal(err)
			}
			s, err := rtp.Open(ports, loopback)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			deaf, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback.AsSlice()}) // nobody reads it
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = deaf.Close() }()
			at := deaf.LocalAddr().(*net.UDPAddr).AddrPort()
			p := rtp.Params{Codec: media.PCMU, Remote: at, Signals: loopback}
			seal := func(packet []byte) []byte { return packet }
			if suite, ok := rtp.SuiteNamed(name); ok {
				theirs, err := rtp.RandomSecret(suite, rand.Reader)
				if err != nil {
					b.Fatal(err)
				}
				ours, err := rtp.RandomSecret(suite, rand.Reader)
				if err != nil {
					b.Fatal(err)
				}
				profile := map[string]srtp.ProtectionProfile{
					"AES_CM_128_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
					"AEAD_AES_128_GCM":        srtp.ProtectionProfileAeadAes128Gcm,
				}[name]
				out, err := srtp.CreateContext(theirs.Bytes()[:16], theirs.Bytes()[16:], profile)
				if err != nil {
					b.Fatal(err)
				}
				seal = func(packet []byte) []byte {
					sealed, err := out.EncryptRTP(nil, packet, nil)
					if err != nil {
						b.Fatal(err)
					}
					return sealed
				}
				p.Security = &rtp.Security{Suite: suite, Theirs: theirs, Ours: ours}
			}
			s.Start(p, new(ear))
			plain, err := (&pion.Packet{Header: pion.Header{Version: 2}, Payload: make([]byte, 160)}).Marshal()
			if err != nil {
				b.Fatal(err)
			}
			packets := make([][]byte, b.N)
			for i := range packets {
				binary.BigEndian.PutUint16(plain[2:], uint16(i))
				packets[i] = seal(append([]byte(nil), plain...))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i, packet := range packets {
				s.Send(int64(i), new(media.Frame))
				rtp.Receive(s, packet, at)
			}
			b.StopTimer()
			if got := s.Stats().Received; got != uint64(b.N) {
				b.Errorf("got %d packets received, want %d", got, b.N)
			}
		})
	}
}
