package sip

import (
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// refusal is what a request is refused with. The zero value is none.
type refusal struct {
	code int
	why  string // for the caller's and the operator's eyes; empty where the code says it all
}

// warn puts the reason into a response (RFC 3261 section 20.43).
func (r refusal) warn(res *sip.Response) {
	if r.why != "" {
		res.AppendHeader(sip.NewHeader("Warning", `399 callfn "`+bounded(r.why, 300)+`"`))
	}
}

// offerOf reads the SDP of a message; hasOffer is false where there is none, or none that can be taken.
func offerOf(msg sip.Message) (o offer, hasOffer bool, r refusal) {
	if len(msg.Body()) == 0 {
		return offer{}, false, refusal{}
	}
	if h := msg.GetHeaders("Content-Type"); len(h) > 0 {
		kind, _, _ := strings.Cut(strings.ToLower(h[0].Value()), ";")
		if strings.TrimSpace(kind) != "application/sdp" {
			return offer{}, false, refusal{code: 415}
		}
	}
	o, err := parseOffer(msg.Body(), isPrivate(msg))
	switch {
	case errors.Is(err, errNoAudio):
		return offer{}, false, refusal{488, err.Error()}
	case err != nil:
		return offer{}, false, refusal{code: 400}
	}
	return o, true, refusal{}
}

// isPrivate reports whether nobody on the way can read a message and its answer. What counts is the connection that it
// came over, not what it says of that.
func isPrivate(msg sip.Message) bool { return strings.EqualFold(msg.Transport(), "TLS") }
