package sip

import (
	"net/netip"
	"strconv"

	"github.com/pion/sdp/v3"

	"callfn/internal/media"
)

// defaultEvents is the payload number of telephone-events where callfn offers.
const defaultEvents = 101

// local is callfn's side of a session description.
type local struct {
	ip      netip.Addr
	port    int
	id      uint64
	version uint64
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

// offer is the SDP that callfn offers where the caller did not.
func (l local) offer() ([]byte, error) {
	both := offer{codec: media.PCMU, events: defaultEvents}
	m := l.audio(&both, "sendrecv")
	m.MediaName.Formats = []string{"0", "8", strconv.Itoa(defaultEvents)}
	m.WithValueAttribute("rtpmap", "8 PCMA/8000")
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
		Media: "audio", Port: sdp.RangedPort{Value: l.port}, Protos: []string{"RTP", "AVP"},
	}}
	m.WithCodec(o.payload, o.codec.Name, 8000, 0, "")
	if o.events > 0 {
		m.WithCodec(o.events, "telephone-event", 8000, 0, "0-15")
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
