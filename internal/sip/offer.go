package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"callfn/internal/media"
)

// errNoAudio says that an offer has nothing that can be answered: 488.
var errNoAudio = errors.New("no audio that can be answered")

// offer is what a caller's SDP offers, as far as it can be answered.
type offer struct {
	audio    int // index of the one taken
	codec    media.Codec
	payload  uint8
	events   uint8          // payload of telephone-events; 0 for none
	remote   netip.AddrPort // invalid where it is held back (0.0.0.0)
	control  netip.AddrPort
	sends    bool // the caller sends
	receives bool // and receives
	mux      bool // RTCP may come where audio does
	crypto   crypto
	names    []sdp.MediaName
}

// profile is how the m-line taken is carried: avp or savp.
func (o *offer) profile() string {
	if o.audio < len(o.names) {
		return strings.Join(o.names[o.audio].Protos, "/")
	}
	return avp
}

const (
	avp  = "RTP/AVP"
	savp = "RTP/SAVP"
)

const largestSDP = 8 << 10

// parseOffer reads a caller's SDP. What is malformed is an error; an offer without common audio wraps errNoAudio and
// says why. Of several m-lines with audio the first that is encrypted is taken, else the first. Keys count only where
// the signalling is private: else everybody on the way has read them.
func parseOffer(body []byte, private bool) (offer, error) {
	var d sdp.SessionDescription
	if len(body) > largestSDP {
		return offer{}, fmt.Errorf("read SDP: %d bytes, want no more than %d", len(body), largestSDP)
	}
	if err := d.Unmarshal(body); err != nil {
		return offer{}, fmt.Errorf("read SDP: %w", err)
	}
	var taken offer
	found, reason := false, errors.New("there is no m=audio with a port")
	names := make([]sdp.MediaName, len(d.MediaDescriptions))
	for i, m := range d.MediaDescriptions {
		names[i] = m.MediaName
		if m.MediaName.Media != "audio" || m.MediaName.Port.Value == 0 || m.MediaName.Port.Value > 65535 {
			continue
		}
		o := offer{audio: i}
		if err := o.take(&d, m, private); err != nil {
			reason = err
		} else if !found || o.crypto.given() && !taken.crypto.given() {
			taken, found = o, true
		}
	}
	if !found {
		return offer{}, fmt.Errorf("%w: %w", errNoAudio, reason)
	}
	taken.names = names
	return taken, nil
}

var (
	errNoCodec = errors.New("no PCMU and no PCMA")
	errNotTLS  = errors.New("RTP/SAVP needs SIP over TLS, or everybody on the way reads the key")
)

// secure decides how an m-line is encrypted. RTP/AVP with keys is encrypted where that can be, and not otherwise (RFC
// 8643).
func (o *offer) secure(m *sdp.MediaDescription, private bool) error {
	profile := strings.Join(m.MediaName.Protos, "/")
	switch {
	case profile != avp && profile != savp:
		return fmt.Errorf("%.40s is not supported, want RTP/AVP or RTP/SAVP", profile)
	case private:
		var err error
		if o.crypto, err = findCrypto(m); profile == savp {
			return err
		}
	case profile == savp:
		return errNotTLS
	}
	return nil
}

// take reads one m-line with audio. The error says why it cannot be answered.
func (o *offer) take(d *sdp.SessionDescription, m *sdp.MediaDescription, private bool) error {
	if err := o.secure(m, private); err != nil {
		return err
	}
	maps := rtpmaps(m)
	found := false
	for _, format := range m.MediaName.Formats {
		n, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		name := strings.ToUpper(maps[format])
		switch {
		case name == "TELEPHONE-EVENT/8000" && o.events == 0 && n > 0:
			o.events = uint8(n)
		case found:
		case name == "PCMU/8000" || name == "PCMU/8000/1" || n == 0 && name == "":
			o.codec, o.payload, found = media.PCMU, uint8(n), true
		case name == "PCMA/8000" || name == "PCMA/8000/1" || n == 8 && name == "":
			o.codec, o.payload, found = media.PCMA, uint8(n), true
		}
	}
	if !found {
		return errNoCodec
	}
	o.direction(d, m)
	_, o.mux = m.Attribute("rtcp-mux")
	host := connectionAddress(d, m)
	o.remote, o.control = netip.AddrPort{}, netip.AddrPort{}
	if host.IsValid() && !host.IsUnspecified() && !host.IsMulticast() {
		port := uint16(m.MediaName.Port.Value)
		o.remote, o.control = netip.AddrPortFrom(host, port), netip.AddrPortFrom(host, port+1)
		if value, ok := m.Attribute("rtcp"); ok {
			first, _, _ := strings.Cut(value, " ")
			if n, err := strconv.ParseUint(first, 10, 16); err == nil && n > 0 {
				o.control = netip.AddrPortFrom(host, uint16(n))
			}
		}
	} else {
		o.receives = false // the old way to hold
	}
	return nil
}

// rtpmaps are the names of an m-line's payload numbers, such as PCMU/8000.
func rtpmaps(m *sdp.MediaDescription) map[string]string {
	maps := map[string]string{}
	for _, a := range m.Attributes {
		if a.Key == "rtpmap" {
			number, name, _ := strings.Cut(a.Value, " ")
			maps[number] = strings.TrimSpace(name)
		}
	}
	return maps
}

func (o *offer) direction(d *sdp.SessionDescription, m *sdp.MediaDescription) {
	o.sends, o.receives = true, true
	for _, attributes := range [][]sdp.Attribute{d.Attributes, m.Attributes} {
		for _, a := range attributes {
			switch a.Key {
			case "sendrecv":
				o.sends, o.receives = true, true
			case "sendonly":
				o.sends, o.receives = true, false
			case "recvonly":
				o.sends, o.receives = false, true
			case "inactive":
				o.sends, o.receives = false, false
			}
		}
	}
}

// connectionAddress is where the caller takes audio; names are not looked up.
func connectionAddress(d *sdp.SessionDescription, m *sdp.MediaDescription) netip.Addr {
	c := m.ConnectionInformation
	if c == nil {
		c = d.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.Addr{}
	}
	text, _, _ := strings.Cut(c.Address.Address, "/")
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}
