package siptest

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Packet is one RTP packet that the phone received.
type Packet struct {
	At      time.Time
	Marker  bool
	Payload byte
	Seq     uint16
	Stamp   uint32
	Source  uint32
	Data    []byte
}

// Report is one RTCP packet that came where audio comes.
type Report struct {
	From netip.AddrPort
	Type byte
}

// Audio is the RTP side of a phone.
type Audio struct {
	t      testing.TB
	socket *net.UDPConn
	reader sync.WaitGroup

	mu    sync.Mutex
	got   []Packet
	to    netip.AddrPort
	seq   uint16
	stamp uint32
	last  []byte

	reports      []Report
	ours, theirs *security // nil for packets that anybody can read
	unreadable   int
	early        []early // what came before the key
}

type early struct {
	packet []byte
	at     time.Time
}

func newAudio(t testing.TB, ip netip.Addr) *Audio {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		t.Fatal(err)
	}
	a := &Audio{t: t, socket: socket, stamp: 4000}
	a.reader.Add(1)
	go a.read()
	return a
}

// Address is where the phone takes audio.
func (a *Audio) Address() netip.AddrPort { return a.socket.LocalAddr().(*net.UDPAddr).AddrPort() }

func (a *Audio) close() {
	_ = a.socket.Close()
	a.reader.Wait()
}

func (a *Audio) read() {
	defer a.reader.Done()
	buf := make([]byte, 2000)
	for {
		n, from, err := a.socket.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < 8 {
			continue
		}
		a.mu.Lock()
		if buf[1] >= 200 && buf[1] <= 207 { // also of a call whose audio has the port below
			a.reports = append(a.reports, Report{From: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), Type: buf[1]})
		} else if n >= 12 {
			a.take(buf[:n], time.Now())
		}
		a.mu.Unlock()
	}
}

// take takes one packet. It waits for the key where that has not come yet. a.mu is held.
func (a *Audio) take(b []byte, at time.Time) {
	if a.ours != nil && a.theirs == nil {
		a.early = append(a.early, early{slices.Clone(b), at})
		return
	}
	if b = a.unseal(b); b == nil {
		return
	}
	a.got = append(a.got, Packet{
		At: at, Marker: b[1]&0x80 != 0, Payload: b[1] & 0x7F, Seq: binary.BigEndian.Uint16(b[2:]),
		Stamp: binary.BigEndian.Uint32(b[4:]), Source: binary.BigEndian.Uint32(b[8:]), Data: slices.Clone(b[12:]),
	})
}

// Received is what came until now.
func (a *Audio) Received() []Packet {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Packet(nil), a.got...)
}

// Reports are the RTCP packets that came until now.
func (a *Audio) Reports() []Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Report(nil), a.reports...)
}

// Bytes is the audio that came until now, in order.
func (a *Audio) Bytes() []byte {
	var b []byte
	for _, p := range a.Received() {
		b = append(b, p.Data...)
	}
	return b
}

// sendTo takes where to send out of an SDP.
func (a *Audio) sendTo(sdp string) {
	var ip netip.Addr
	port := 0
	for _, line := range strings.Split(sdp, "\r\n") {
		if rest, ok := strings.CutPrefix(line, "c=IN "); ok && len(rest) > 4 {
			ip, _ = netip.ParseAddr(strings.TrimSpace(rest[4:]))
		}
		if rest, ok := strings.CutPrefix(line, "m=audio "); ok {
			port, _ = strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	if ip.IsValid() && port > 0 {
		a.mu.Lock()
		a.to = netip.AddrPortFrom(ip, uint16(port))
		a.mu.Unlock()
	}
}

// Target is where the phone sends audio to.
func (a *Audio) Target() netip.AddrPort {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.to
}

func (a *Audio) send(payload byte, stamp uint32, data []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seq++
	b := make([]byte, 12, 12+len(data))
	b[0], b[1] = 0x80, payload
	binary.BigEndian.PutUint16(b[2:], a.seq)
	binary.BigEndian.PutUint32(b[4:], stamp)
	binary.BigEndian.PutUint32(b[8:], 4711)
	_, _ = a.socket.WriteToUDPAddrPort(a.seal(append(b, data...)), a.to)
}

// Skip moves the sequence number of the next packet on by n, as if n packets were lost; back where n is negative.
func (a *Audio) Skip(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seq += uint16(n)
}

// Press presses keys, one packet each, as short as can be.
func (a *Audio) Press(keys string) {
	for _, key := range keys {
		a.mu.Lock()
		a.stamp += 800
		stamp := a.stamp
		a.mu.Unlock()
		a.send(101, stamp, []byte{byte(strings.IndexRune("0123456789*#ABCD", key)), 0x8A, 0x01, 0x40})
	}
}

// Talk sends PCMU audio in frames of 20 ms, as fast as time passes.
func (a *Audio) Talk(mulaw []byte) {
	next := time.Now()
	for len(mulaw) >= 160 {
		a.mu.Lock()
		a.stamp += 160
		stamp := a.stamp
		a.mu.Unlock()
		a.send(0, stamp, mulaw[:160])
		mulaw = mulaw[160:]
		next = next.Add(20 * time.Millisecond)
		time.Sleep(time.Until(next))
	}
}
