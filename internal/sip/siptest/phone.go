package siptest

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Phone is one telephone with one call at most.
type Phone struct {
	t       testing.TB
	server  netip.AddrPort
	network string // UDP, TCP or TLS
	socket  net.Conn
	stream  *bufio.Reader // of the socket, where messages have no bounds of their own
	Audio   *Audio

	// What the INVITE says; to be changed before Dial.
	To, From string            // users
	Realm    string            // of the dialled URI; empty for the server's address
	Display  string            // display name; empty for none
	SDP      string            // empty for the usual offer; "none" for no offer
	Profile  string            // of the usual offer; empty for RTP/AVP
	Extra    map[string]string // further headers
	Type     string            // Content-Type of requests' bodies; empty for SDP
	Mute     bool              // neither acknowledges nor answers
	Refuse   atomic.Int32      // answers requests with this code; 0 for 200
	Answers  []string          // further headers of those answers, whole lines without their end

	callID, tag, remoteTag, remoteTarget string
	cseq                                 int

	mu       sync.Mutex
	inbox    []Message
	arrived  chan struct{}
	requests []Message // of the server's
	sdp      func() string
	closed   chan struct{}
	reader   sync.WaitGroup
}

// New is a phone that calls server over UDP.
func New(t testing.TB, server netip.AddrPort) *Phone {
	t.Helper()
	ip := netip.MustParseAddr("127.0.0.1")
	if server.Addr().Is6() {
		ip = netip.IPv6Loopback()
	}
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return start(t, server, "UDP", datagrams{socket, server})
}

// datagrams is a UDP socket that writes to one address and reads from all.
type datagrams struct {
	*net.UDPConn
	to netip.AddrPort
}

func (d datagrams) Write(b []byte) (int, error) { return d.WriteToUDPAddrPort(b, d.to) }

// NewTCP is a phone that calls server over TCP, or over TLS where there is a configuration for that.
func NewTCP(t testing.TB, server netip.AddrPort, private *tls.Config) *Phone {
	t.Helper()
	socket, err := net.DialTimeout("tcp", server.String(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	network := "TCP"
	if private != nil {
		network, socket = "TLS", tls.Client(socket, private)
	}
	return start(t, server, network, socket)
}

func start(t testing.TB, server netip.AddrPort, network string, socket net.Conn) *Phone {
	p := &Phone{
		t: t, server: server, network: network, socket: socket, To: "1000", From: "4158867900",
		callID: fmt.Sprintf("%016x@siptest", rand.Uint64()), tag: fmt.Sprintf("%08x", rand.Uint32()), cseq: 1,
		arrived: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	p.Audio = newAudio(t, p.Address().Addr())
	if network != "UDP" {
		p.stream = bufio.NewReader(socket)
	}
	p.reader.Add(1)
	go p.read()
	t.Cleanup(p.Close)
	return p
}

// Close hangs the phone up for good, without a word.
func (p *Phone) Close() {
	p.mu.Lock()
	select {
	case <-p.closed:
		p.mu.Unlock()
		return
	default:
		close(p.closed)
	}
	p.mu.Unlock()
	_ = p.socket.Close()
	p.reader.Wait()
	p.Audio.close()
}

// Address is where the phone's SIP is.
func (p *Phone) Address() netip.AddrPort {
	return netip.MustParseAddrPort(p.socket.LocalAddr().String())
}

// contact is the phone's Contact.
func (p *Phone) contact() string {
	if p.network == "UDP" {
		return fmt.Sprintf("<sip:phone@%s>", p.Address())
	}
	return fmt.Sprintf("<sip:phone@%s;transport=%s>", p.Address(), strings.ToLower(p.network))
}

// CallID is the Call-ID of its call.
func (p *Phone) CallID() string { return p.callID }

func (p *Phone) read() {
	defer p.reader.Done()
	buf := make([]byte, 65536)
	for {
		text, err := p.receive(buf)
		switch {
		case errors.Is(err, net.ErrClosed), err != nil && p.stream != nil:
			return
		case err != nil || text != "" && text[0] >= 0x80:
			continue // RTCP of a call whose audio had the port below
		}
		m, err := Parse(text)
		if err != nil {
			p.t.Errorf("the server sent a malformed message: %v", err)
			continue
		}
		if m.Header("call-id") != p.callID {
			continue // of a phone that had the port before
		}
		if m.Code() == 0 && !p.Mute && m.Method() != "ACK" {
			p.Answer(m, int(cmp.Or(p.Refuse.Load(), 200)), p.answerTo(m))
		}
		p.mu.Lock()
		if m.Code() == 0 {
			p.requests = append(p.requests, m)
		} else {
			p.inbox = append(p.inbox, m)
		}
		p.mu.Unlock()
		select {
		case p.arrived <- struct{}{}:
		default:
		}
	}
}

// receive is the next message: a datagram, or so much of the stream as its headers and its Content-Length say.
func (p *Phone) receive(buf []byte) (string, error) {
	if p.stream == nil {
		n, err := p.socket.Read(buf)
		return string(buf[:n]), err
	}
	var head strings.Builder
	length := 0
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := p.stream.ReadString('\n')
		if err != nil {
			return "", err
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		head.WriteString(line)
	}
	body := buf[:min(max(length, 0), len(buf))]
	_, err := io.ReadFull(p.stream, body)
	return head.String() + string(body), err
}

// Send sends text as it is.
func (p *Phone) Send(text string) {
	p.t.Helper()
	if _, err := p.socket.Write([]byte(text)); err != nil {
		p.t.Error(err)
	}
}

// AnswerOffers has the phone answer each re-INVITE of the server's with what sdp gives.
func (p *Phone) AnswerOffers(sdp func() string) {
	p.mu.Lock()
	p.sdp = sdp
	p.mu.Unlock()
}

// answerTo is the body of the answer to a request of the server's.
func (p *Phone) answerTo(m Message) string {
	p.mu.Lock()
	sdp := p.sdp
	p.mu.Unlock()
	if sdp == nil || m.Method() != "INVITE" {
		return ""
	}
	return sdp()
}

// Answer answers a request of the server's.
func (p *Phone) Answer(m Message, code int, body string) {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d OK\r\n", code)
	for _, via := range m.Headers["via"] {
		fmt.Fprintf(&b, "Via: %s\r\n", via)
	}
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		fmt.Fprintf(&b, "%s: %s\r\n", name, m.Header(name))
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	for _, header := range p.Answers {
		fmt.Fprintf(&b, "%s\r\n", header)
	}
	fmt.Fprintf(&b, "Contact: %s\r\nContent-Length: %d\r\n\r\n%s", p.contact(), len(body), body)
	_, _ = p.socket.Write([]byte(b.String()))
}

// Offer is the usual SDP: PCMU, PCMA and telephone-events 101, and a key where Audio has one.
func (p *Phone) Offer(attributes ...string) string {
	kind := "IP4"
	if p.Address().Addr().Is6() {
		kind = "IP6"
	}
	at := p.Audio.Address()
	lines := append(slices.Clone(attributes), p.Audio.attributes()...)
	return fmt.Sprintf("v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d %s 0 8 101\r\n"+
		"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n%s",
		kind, at.Addr(), kind, at.Addr(), at.Port(), cmp.Or(p.Profile, "RTP/AVP"),
		strings.Join(append(lines, ""), "\r\n"))
}

// Request is the text of a request. Headers are whole lines without their end.
func (p *Phone) Request(method, body string, cseq int, headers ...string) string {
	uri := fmt.Sprintf("sip:%s@%s", p.To, cmp.Or(p.Realm, p.server.String()))
	to := "<" + uri + ">"
	if p.remoteTag != "" {
		to += ";tag=" + p.remoteTag
		if p.remoteTarget != "" {
			uri = p.remoteTarget
		}
	}
	from := fmt.Sprintf("<sip:%s@%s>;tag=%s", p.From, p.Address(), p.tag)
	if p.Display != "" {
		from = `"` + p.Display + `" ` + from
	}
	branch := fmt.Sprintf("z9hG4bK%d%s", cseq, p.tag)
	if method == "ACK" && p.remoteTarget != "" || method != "INVITE" && method != "CANCEL" && method != "ACK" {
		branch += method
	}
	lines := append([]string{
		method + " " + uri + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/%s %s;branch=%s;rport", p.network, p.Address(), branch),
		"Max-Forwards: 70", "From: " + from, "To: " + to, "Call-ID: " + p.callID,
		fmt.Sprintf("CSeq: %d %s", cseq, method), "Contact: " + p.contact(),
	}, headers...)
	if body != "" {
		lines = append(lines, "Content-Type: "+cmp.Or(p.Type, "application/sdp"))
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	return strings.Join(lines, "\r\n")
}

// Invite sends the INVITE.
func (p *Phone) Invite() {
	p.t.Helper()
	var headers []string
	for name, value := range p.Extra {
		headers = append(headers, name+": "+value)
	}
	body := p.SDP
	switch body {
	case "":
		body = p.Offer()
	case "none":
		body = ""
	}
	p.Send(p.Request("INVITE", body, p.cseq, headers...))
}

// Await waits for a response to method that is final, or has one of the codes, and takes it.
func (p *Phone) Await(method string, codes ...int) Message {
	p.t.Helper()
	m, ok := p.AwaitWithin(10*time.Second, method, codes...)
	if !ok {
		p.t.Fatalf("no response %v to %s within 10 s", codes, method)
	}
	return m
}

// AwaitWithin is Await with a time; false when it passed.
func (p *Phone) AwaitWithin(d time.Duration, method string, codes ...int) (Message, bool) {
	p.t.Helper()
	deadline := time.After(d)
	for {
		p.mu.Lock()
		for i, m := range p.inbox {
			wanted := len(codes) == 0 && m.Code() >= 200
			for _, code := range codes {
				wanted = wanted || m.Code() == code
			}
			if m.Method() == method && wanted {
				p.inbox = append(p.inbox[:i:i], p.inbox[i+1:]...)
				p.mu.Unlock()
				return m, true
			}
		}
		p.mu.Unlock()
		select {
		case <-p.arrived:
		case <-deadline:
			return Message{}, false
		}
	}
}

// Dial calls and waits for the final response, which it acknowledges.
func (p *Phone) Dial() Message {
	p.t.Helper()
	p.Invite()
	m := p.Await("INVITE")
	p.Ack(m)
	return m
}

// Ack takes a final response: it acknowledges it and learns the other side's tag and address, and where audio goes.
func (p *Phone) Ack(m Message) {
	p.t.Helper()
	p.Learn(m)
	body := ""
	if p.SDP == "none" && m.Code() == 200 {
		body = p.Offer()
	}
	if !p.Mute {
		p.Send(p.Request("ACK", body, p.cseq))
	}
}

// AckOf acknowledges the final response to the INVITE of a CSeq, where other requests went between.
func (p *Phone) AckOf(m Message, cseq int) {
	p.t.Helper()
	p.Learn(m)
	p.Send(p.Request("ACK", "", cseq))
}

// Reinvite offers something else within the call, and acknowledges the final response. An empty body offers nothing.
func (p *Phone) Reinvite(body string) Message {
	p.t.Helper()
	p.cseq++
	p.Send(p.Request("INVITE", body, p.cseq))
	m := p.Await("INVITE")
	p.Audio.agree(m.Body)
	answer := ""
	if body == "" && m.Code() == 200 {
		answer = p.Offer()
	}
	p.Send(p.Request("ACK", answer, p.cseq))
	return m
}

// Learn takes the other side's tag, address and audio out of a response.
func (p *Phone) Learn(m Message) {
	p.remoteTag = tag(m.Header("to"))
	if contact := m.Header("contact"); m.Code() < 300 && contact != "" {
		p.remoteTarget = strings.Trim(strings.SplitN(contact, ">", 2)[0], "<")
		p.Audio.sendTo(m.Body)
		p.Audio.agree(m.Body)
	}
}

// Do sends a request within the call and waits for its final response.
func (p *Phone) Do(method, body string, headers ...string) Message {
	p.t.Helper()
	p.cseq++
	p.Send(p.Request(method, body, p.cseq, headers...))
	m := p.Await(method)
	p.Audio.agree(m.Body)
	return m
}

// Bye hangs up.
func (p *Phone) Bye() Message {
	p.t.Helper()
	return p.Do("BYE", "")
}

// Cancel gives up before the answer.
func (p *Phone) Cancel() {
	p.t.Helper()
	p.Send(p.Request("CANCEL", "", p.cseq))
}

// Requests are the requests of a method that the server sent until now.
func (p *Phone) Requests(method string) []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Message
	for _, m := range p.requests {
		if m.Method() == method {
			found = append(found, m)
		}
	}
	return found
}

// AwaitRequest waits for a request of the server's.
func (p *Phone) AwaitRequest(method string, within time.Duration) (Message, bool) {
	p.t.Helper()
	deadline := time.After(within)
	for {
		p.mu.Lock()
		for _, m := range p.requests {
			if m.Method() == method {
				p.mu.Unlock()
				return m, true
			}
		}
		p.mu.Unlock()
		select {
		case <-p.arrived:
		case <-deadline:
			return Message{}, false
		}
	}
}
