package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callfn/internal/rtp"
	"callfn/internal/sip"
)

// SIP counts what callers over SIP notice of the service: how fast it answers, what it refuses, and how much of their
// audio arrives. It is a sip.Observer.
type SIP struct {
	answered prometheus.Histogram
	refused  *prometheus.CounterVec
	dropped  prometheus.Counter
	packets  *prometheus.CounterVec
}

var _ sip.Observer = (*SIP)(nil)

// SIP returns the observer of a SIP server. It is called once.
func (m *Metrics) SIP() *SIP {
	s := &SIP{
		answered: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "callfn_sip_answer_seconds", Help: "From the INVITE of a call to its 200.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30},
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callfn_sip_refused_total", Help: "INVITEs refused before a callflow was looked for, by the code they got.",
		}, []string{"code"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "callfn_sip_dropped_total", Help: "SIP messages and connections dropped unread: strangers', and those " +
				"beyond what one may send.",
		}),
		packets: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callfn_rtp_packets_total", Help: "Audio packets of calls that are over: sent and received; lost, which " +
				"never came; late, which came after one that the caller sent later; unauthentic and replayed, which were " +
				"dropped from encrypted calls.",
		}, []string{"what"}),
	}
	for _, code := range []int{403, 503} {
		s.refused.WithLabelValues(strconv.Itoa(code)) // so that the first one counts as an increase
	}
	s.CallEnded(rtp.Stats{})
	m.registry.MustRegister(s.answered, s.refused, s.dropped, s.packets)
	return s
}

// CallAnswered counts an answer.
func (s *SIP) CallAnswered(after time.Duration) { s.answered.Observe(after.Seconds()) }

// CallEnded counts the packets of a call.
func (s *SIP) CallEnded(audio rtp.Stats) {
	for what, packets := range map[string]uint64{
		"sent": audio.Sent, "received": audio.Received, "lost": audio.Lost, "late": audio.Late,
		"unauthentic": audio.Unauthentic, "replayed": audio.Replayed,
	} {
		s.packets.WithLabelValues(what).Add(float64(packets))
	}
}

// CallRefused counts a refused INVITE.
func (s *SIP) CallRefused(code int) { s.refused.WithLabelValues(strconv.Itoa(code)).Inc() }

// MessageDropped counts a message that was dropped unread.
func (s *SIP) MessageDropped() { s.dropped.Inc() }
