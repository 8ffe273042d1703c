package sip

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func FuzzOffer(f *testing.F) {
	f.Add([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:4001\r\n" +
		"a=sendonly\r\nm=video 0 RTP/AVP 96\r\n"))
	f.Add([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=audio 4000 RTP/SAVP 0 8 101\r\na=rtcp-mux\r\n" +
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4 WSH=64\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := parseOffer(body, true)
		if plain, err := parseOffer(body, false); err == nil && plain.crypto.given() {
			t.Error("an offer that anybody can read: got its key taken, want it left")
		}
		if err != nil {
			return
		}
		l := local{ip: netip.MustParseAddr("::1"), port: 4000}
		if err := l.secure(offer{}, o); err != nil {
			t.Fatal(err)
		}
		if _, err := l.describe(o); err != nil {
			t.Errorf("an offer that is taken: got error %v, want an answer", err)
		}
	})
}

// An a=crypto that is taken can be written and read again, with the same key.
func FuzzCrypto(f *testing.F) {
	for _, text := range []string{
		"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4",
		"2 AEAD_AES_128_GCM inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==|7:1 WSH=64 -X",
		"999999999 AES_256_CM_HMAC_SHA1_32 inline:|:", "1 A inline:;", "0  ", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCrypto(text)
		if err != nil {
			return
		}
		again, err := parseCrypto(c.attribute())
		if err != nil || again.tag != c.tag || again.suite != c.suite ||
			!bytes.Equal(again.secret.Bytes(), c.secret.Bytes()) {
			t.Errorf("%q: got %+v, error %v; want the same attribute", text, again, err)
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
