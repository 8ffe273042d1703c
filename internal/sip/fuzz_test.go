package sip

import (
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func FuzzOffer(f *testing.F) {
	f.Add([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:4001\r\n" +
		"a=sendonly\r\nm=video 0 RTP/AVP 96\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := parseOffer(body)
		if err != nil {
			return
		}
		if _, err := (local{ip: netip.MustParseAddr("::1"), port: 4000}).describe(o); err != nil {
			t.Errorf("an offer that is taken: got error %v, want an answer", err)
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte("INVITE sip:1000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bKx;rport\r\n" +
		"From: \"Ann\" <sip:1@a>;tag=1\r\nTo: <sip:1000@127.0.0.1>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" +
		"Contact: <sip:1@127.0.0.1>\r\nSession-Expires: 90;refresher=uas\r\nSupported: timer\r\n" +
		"P-Asserted-Identity: \"B\" <tel:+1>\r\nX-A: b\r\nContent-Length: 0\r\n\r\n"))
	parser := sip.NewParser()
	f.Fuzz(func(t *testing.T, text []byte) {
		msg, err := parser.ParseSIP(text)
		req, ok := msg.(*sip.Request)
		if err != nil || !ok || req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil ||
			req.Via() == nil || req.Contact() == nil {
			return
		}
		req.SetSource("192.0.2.1:5060")
		describe(req, true)
		timerOf(req, shortestSession)
		unsupported(req)
		keyOf(req)
		d := newDialog(req, "tag", netip.MustParseAddrPort("127.0.0.1:5060"), nil, true)
		d.request(sip.BYE)
		infoKey(req)
	})
}
