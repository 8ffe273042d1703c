package rtp

import (
	"time"

	"github.com/pion/rtcp"
)

// reception counts what was received from one source (RFC 3550, appendix A), and sums up the sources before it.
type reception struct {
	ssrc           uint32
	begun          bool
	base, highest  uint32 // extended sequence numbers
	received       uint32
	expectedBefore uint32 // at the last report
	receivedBefore uint32
	jitter         float64
	transit        float64
	lastReport     uint32 // middle of the last sender report's time
	lastReportAt   time.Time
	late           uint64
	before         Stats // of the sources that the caller sent from earlier in the call
}

// A sequence number further ahead or behind begins anew (MAX_DROPOUT and MAX_MISORDER of RFC 3550): nothing was lost.
const (
	mostAhead  = 3000
	mostBehind = 100
)

// packet counts one packet; arrived is in timestamp units.
func (r *reception) packet(ssrc uint32, seq uint16, timestamp uint32, arrived float64) {
	ahead := int16(seq - uint16(r.highest))
	if !r.begun || ssrc != r.ssrc || ahead > mostAhead || ahead < -mostBehind {
		ahead = 0
		*r = reception{ssrc: ssrc, begun: true, base: uint32(seq), highest: uint32(seq), before: r.stats()}
		r.transit = arrived - float64(timestamp)
	}
	r.received++
	if ahead >= 0 {
		r.highest += uint32(ahead)
	} else {
		r.late++
	}
	transit := arrived - float64(timestamp)
	d := transit - r.transit
	if r.transit = transit; d < 0 {
		d = -d
	}
	if d < 8000 { // a jump of the timestamp is no jitter
		r.jitter += (d - r.jitter) / 16
	}
}

// lost is how many packets never came.
func (r *reception) lost() uint32 {
	if expected := r.highest - r.base + 1; r.begun && expected > r.received {
		return expected - r.received
	}
	return 0
}

// stats counts what was received in the whole call.
func (r *reception) stats() Stats {
	return Stats{
		Received: r.before.Received + uint64(r.received), Lost: r.before.Lost + uint64(r.lost()),
		Late: r.before.Late + r.late,
	}
}

// report is the block of a report about it.
func (r *reception) report(now time.Time) rtcp.ReceptionReport {
	expected := r.highest - r.base + 1
	wanted, came := expected-r.expectedBefore, r.received-r.receivedBefore
	r.expectedBefore, r.receivedBefore = expected, r.received
	fraction := uint8(0)
	if wanted > came && wanted > 0 {
		fraction = uint8(min(255, (wanted-came)*256/wanted))
	}
	out := rtcp.ReceptionReport{
		SSRC: r.ssrc, FractionLost: fraction, TotalLost: min(r.lost(), 0x7FFFFF), LastSequenceNumber: r.highest,
		Jitter: uint32(r.jitter), LastSenderReport: r.lastReport,
	}
	if !r.lastReportAt.IsZero() {
		out.Delay = uint32(now.Sub(r.lastReportAt).Seconds() * 65536)
	}
	return out
}
