package sip

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"callfn/internal/media"
	"callfn/internal/rtp"
)

// defaultEvents is the payload number of telephone-events where callfn offers.
const defaultEvents = 101

// local is callfn's side of a session description.
type local struct {
	ip      netip.Addr
	port    int
	id      uint64
	version uint64
	crypto  crypto   // callfn's key for the session, where it is encrypted
	offered []crypto // callfn's keys that the caller may choose from, where callfn offers
}

// secure gives callfn a key for what o offers after before: the one it has, as long as the caller keeps his.
func (l *local) secure(before, o offer) error {
	switch {
	case !o.crypto.given():
		l.crypto = crypto{}
	case l.crypto.given() && before.crypto.given() && before.crypto.sameKey(o.crypto):
		l.crypto.tag = o.crypto.tag
	default:
		var err error
		l.crypto, err = newCrypto(o.crypto.tag, o.crypto.suite)
		return err
	}
	return nil
}

// choose takes the key that an answer of the caller's has chosen, and reports whether it could choose so. An answer to
// RTP/AVP may leave encryption out (RFC 8643).
func (l *local) choose(offered string, answer offer) bool {
	if answer.profile() != offered {
		return false
	}
	if !answer.crypto.given() {
		l.crypto = crypto{}
		return true
	}
	for _, c := range l.offered {
		if c.tag == answer.crypto.tag && c.suite == answer.crypto.suite {
			l.crypto = c
			return true
		}
	}
	return false
}

// describe is the SDP that answers o: its audio with one codec and, where offered, telephone-events; everything else
// refused. The direction is the caller's, turned round.
func (l local) describe(o offer) ([]byte, error) {
	d := l.session()
	for i, name := range o.names {
		if i != o.audio {
			name.Port = sdp.RangedPort{}
			d.WithMedia(&sdp.MediaDescription{MediaName: name})
			continue
		}
		d.WithMedia(l.audio(&o, direction(o.sends, o.receives)))
	}
	return d.Marshal()
}

// offer is the SDP that callfn offers where the caller did not: RTP/AVP, with a key for each suite where the signalling
// is private.
func (l *local) offer(private bool) ([]byte, error) {
	if private && len(l.offered) == 0 {
		for i, suite := range rtp.Suites() {
			c, err := newCrypto(strconv.Itoa(i+1), suite)
			if err != nil {
				return nil, err
			}
			l.offered = append(l.offered, c)
		}
	}
	both := offer{codec: media.PCMU, events: defaultEvents, mux: true}
	m := l.audio(&both, "sendrecv")
	m.MediaName.Formats = []string{"0", "8", strconv.Itoa(defaultEvents)}
	m.WithValueAttribute("rtpmap", "8 PCMA/8000")
	for _, c := range l.offered {
		m.WithValueAttribute("crypto", c.attribute())
	}
	return l.session().WithMedia(m).Marshal()
}

func (l local) session() *sdp.SessionDescription {
	kind := "IP4"
	if l.ip.Is6() {
		kind = "IP6"
	}
	return &sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "callfn", SessionID: l.id, SessionVersion: l.version, NetworkType: "IN", AddressType: kind,
			UnicastAddress: l.ip.String(),
		},
		SessionName: "callfn",
		ConnectionInformation: &sdp.ConnectionInformation{
			NetworkType: "IN", AddressType: kind, Address: &sdp.Address{Address: l.ip.String()},
		},
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
}

func (l local) audio(o *offer, direction string) *sdp.MediaDescription {
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: l.port},
		Protos: strings.Split(o.profile(), "/"),
	}}
	m.WithCodec(o.payload, o.codec.Name, 8000, 0, "")
	if o.events > 0 {
		m.WithCodec(o.events, "telephone-event", 8000, 0, "0-15")
	}
	if o.mux {
		m.WithPropertyAttribute("rtcp-mux")
	}
	if o.crypto.given() {
		m.WithValueAttribute("crypto", l.crypto.attribute())
	}
	return m.WithValueAttribute("ptime", "20").WithPropertyAttribute(direction)
}

// direction is callfn's, for a caller who sends and receives so.
func direction(sends, receives bool) string {
	switch {
	case sends && receives:
		return "sendrecv"
	case sends:
		return "recvonly"
	case receives:
		return "sendonly"
	}
	return "inactive"
}
