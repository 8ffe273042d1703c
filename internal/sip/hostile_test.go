package sip_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/await"
	"callfn/internal/rtp"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

// manyCalls has the tests of load run as long as it takes to believe them.
var manyCalls = flag.Bool("many-calls", false,
	"place 1,000 calls instead of 200, 500 of them at once, and 10,000 that leave nothing; flood for a minute")

func trusting(networks ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, n := range networks {
		out = append(out, netip.MustParsePrefix(n))
	}
	return out
}

// turned counts what was refused and dropped.
type turned struct {
	refused, dropped atomic.Int64
}

func (c *turned) CallAnswered(time.Duration) {}
func (c *turned) CallEnded(rtp.Stats)        {}
func (c *turned) CallRefused(int)            { c.refused.Add(1) }
func (c *turned) MessageDropped()            { c.dropped.Add(1) }

func TestStrangersGet403AndThenSilence(t *testing.T) {
	t.Parallel()
	counted := new(turned)
	_, address := start(t, func(context.Context, sip.Incoming) { t.Error("got a stranger's call, want it refused") },
		func(cfg *sip.Config) {
			cfg.Access, cfg.Observe = sip.Access{Peers: trusting("192.0.2.0/24")}, counted
		})
	answered := 0
	for range 6 {
		phone := siptest.New(t, address)
		phone.Invite()
		if m, ok := phone.AwaitWithin(300*time.Millisecond, "INVITE"); ok {
			wantCode(t, m, 403)
			answered++
		}
	}
	if answered != 3 {
		t.Errorf("%d of 6 INVITEs of strangers were answered, want 3", answered)
	}
	if refused, dropped := counted.refused.Load(), counted.dropped.Load(); refused != 3 || dropped < 3 {
		t.Errorf("%d were counted as refused and %d as dropped, want 3, and the other 3 at least", refused, dropped)
	}
	l, err := net.Dial("udp", address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, _ = fmt.Fprint(l, "OPTIONS sip:x SIP/2.0\r\n\r\n") // nothing answers, nothing breaks
}

func TestHostileDatagrams(t *testing.T) {
	t.Parallel()
	_, address := start(t, answer, nil)
	phone := siptest.New(t, address)
	good := phone.Request("INVITE", phone.Offer(), 1)
	without := func(name string) string {
		var lines []string
		for _, line := range strings.Split(good, "\r\n") {
			if !strings.HasPrefix(line, name+":") {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "\r\n")
	}
	for _, text := range []string{
		"", "\r\n\r\n", "\x00\x00\x00\x00", strings.Repeat("A", 60000), "INVITE", "INVITE sip:1000 SIP/2.0\r\n\r\n",
		without("Via"), without("From"), without("To"), without("Call-ID"), without("CSeq"), without("Contact"),
		strings.Replace(good, "CSeq: 1 INVITE", "CSeq: 99999999999 INVITE", 1),
		strings.Replace(good, "CSeq: 1 INVITE", "CSeq: 1 BYE", 1),
		strings.Replace(good, "Call-ID: ", "Call-ID: "+strings.Repeat("x", 5000), 1),
		strings.Replace(good, "Contact: <sip:phone@"+phone.Address().String()+">", "Contact: *", 1),
		strings.Replace(good, "Content-Length: ", "Content-Length: -", 1),
		strings.Replace(good, "m=audio", "m=audio 0 RTP/AVP 0\r\nm=audio", 1),
		strings.Replace(good, ";tag=", ";gat=", 1),
		phone.Request("ACK", "", 1), phone.Request("CANCEL", "", 1), phone.Request("BYE", "", 1),
		phone.Request("PRACK", "", 1), phone.Request("REGISTER", "", 1), phone.Request("NOTAMETHOD", "", 1),
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
	} {
		phone.Send(text)
	}
	after := siptest.New(t, address)
	wantCode(t, after.Dial(), 200)
	after.Bye()
}

// listenTLS is a certificate for loopback.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	any := netip.AddrPortFrom(loopback, 0)
	take, ended := reporting()
	s, _ := start(t, take, func(cfg *sip.Config) {
		cfg.Listen = []sip.Address{{Network: "udp", Addr: any}, {Network: "tcp", Addr: any}, {Network: "tls", Addr: any}}
		cfg.TLS = certificate(t)
	})
	for _, a := range s.Addresses()[1:] {
		t.Run(a.Network, func(t *testing.T) {
			var conn net.Conn
			var err error
			if conn, err = net.Dial("tcp", a.Addr.String()); err != nil {
				t.Fatal(err)
			}
			if a.Network == "tls" {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			}
			defer func() { _ = conn.Close() }()
			phone := siptest.New(t, a.Addr)
			text := func(method, body string, cseq int) string {
				return strings.Replace(phone.Request(method, body, cseq), "SIP/2.0/UDP", "SIP/2.0/"+strings.ToUpper(a.Network), 1)
			}
			exchange := func(send string, code int) siptest.Message {
				t.Helper()
				if _, err := conn.Write([]byte(send)); err != nil {
					t.Fatal(err)
				}
				for code != 0 {
					if m := readMessage(t, conn); m.Code() == code {
						return m
					}
				}
				return siptest.Message{}
			}
			m := exchange(text("INVITE", phone.Offer(), 1), 200)
			if want := ";transport=" + a.Network; !strings.Contains(m.Header("contact"), want) {
				t.Errorf("got Contact %s, want %s in it", m.Header("contact"), want)
			}
			phone.Learn(m)
			exchange(text("ACK", "", 1), 0)
			exchange(text("BYE", "", 2), 200)
			wantEnd(t, ended, 2*time.Second, "caller_hung_up", "NORMAL_CLEARING")
		})
	}
}

// However strangers pack INVITEs into a connection, encrypted or not, they get no more calls than by datagrams.
func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			var taken atomic.Int64
			counted := new(turned)
			s, address := start(t, func(ctx context.Context, in sip.Incoming) {
				taken.Add(1)
				_ = in.Control.Respond(ctx, callflow.Response{Code: 486})
			}, func(cfg *sip.Config) {
				cfg.Listen = []sip.Address{{Network: network, Addr: netip.AddrPortFrom(loopback, 0)}}
				cfg.TLS, cfg.Observe = certificate(t), counted
			})
			sip.SetGuests(s)
			conn, err := net.Dial("tcp", address.String())
			if err != nil {
				t.Fatal(err)
			}
			if network == "tls" {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			}
			defer func() { _ = conn.Close() }()
			go func() { _, _ = io.Copy(io.Discard, conn) }()
			phone := siptest.New(t, address)
			invite := strings.Replace(phone.Request("INVITE", phone.Offer(), 1), "SIP/2.0/UDP",
				"SIP/2.0/"+strings.ToUpper(network), 1)
			const sent = 400
			var all strings.Builder
			for i := range sent {
				id := fmt.Sprintf("%012d", i)
				all.WriteString(strings.NewReplacer(phone.CallID(), id, "z9hG4bK", "z9hG4bK"+id).Replace(invite))
			}
			if _, err := conn.Write([]byte(all.String())); err != nil {
				t.Fatal(err)
			}
			await.Value(t, "400 INVITEs taken or dropped", func() (string, bool) {
				n := taken.Load() + counted.dropped.Load()
				return fmt.Sprint(n), n >= sent
			})
			if n := taken.Load(); n < 60 || n > 200 {
				t.Errorf("%d of 400 INVITEs became calls, want a burst of 60 and then 20 a second", n)
			}
		})
	}
}

// readMessage reads one message of a stream.
func readMessage(t *testing.T, conn net.Conn) siptest.Message {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	var text []byte
	b := make([]byte, 1)
	for !strings.HasSuffix(string(text), "\r\n\r\n") {
		if _, err := conn.Read(b); err != nil {
			t.Fatalf("got %q, error %v; want whole headers", text, err)
		}
		text = append(text, b[0])
	}
	length := 0
	for _, line := range strings.Split(string(text), "\r\n") {
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			_, _ = fmt.Sscan(value, &length)
		}
	}
	for range length {
		if _, err := conn.Read(b); err != nil {
			t.Fatal(err)
		}
		text = append(text, b[0])
	}
	m, err := siptest.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6; run the test where [::1] is: ", err)
	} else {
		_ = l.Close()
	}
	take, ended := reporting()
	_, address := start(t, take, func(cfg *sip.Config) {
		cfg.Listen = []sip.Address{{Network: "udp", Addr: netip.AddrPortFrom(netip.IPv6Loopback(), 0)}}
	})
	phone := siptest.New(t, address)
	if m := wantCode(t, phone.Dial(), 200); !strings.Contains(m.Body, "c=IN IP6 ::1") {
		t.Errorf("got the answer, want c=IN IP6 ::1 in it:\n%s", m.Body)
	}
	wantCode(t, phone.Bye(), 200)
	wantEnd(t, ended, time.Second, "caller_hung_up", "NORMAL_CLEARING")
}

// What was read before a new reading takes over is answered from the same socket: goleak finds the reader of any other.
func TestASocketIsReadAnewAfterManySources(t *testing.T) {
	s, address := start(t, answer, nil)
	sip.SetMostSources(s, 5)
	for range 200 {
		phone := siptest.New(t, address)
		wantCode(t, phone.Dial(), 200)
		wantCode(t, phone.Bye(), 200)
		phone.Close()
	}
}
