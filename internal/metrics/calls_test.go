package metrics_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/calls"
	"callfn/internal/metrics"
	"callfn/internal/rtp"
)

func TestCallsAreCounted(t *testing.T) {
	m := metrics.New("test")
	c := m.Calls(func() int { return 7 })
	began := time.Now()
	c.CallEnded(calls.Record{
		Channel:  calls.Channel{Began: began, Answered: began.Add(3 * time.Millisecond)},
		Finished: began.Add(40 * time.Second), Ended: callflow.Ended{How: callflow.EndCaller},
	})
	c.CallEnded(calls.Record{
		Channel: calls.Channel{Began: began}, Finished: began, Ended: callflow.Ended{How: callflow.EndNoCallflow},
	})
	wantMetrics(t, m, `callfn_calls_total{how="caller_hung_up"} 1`, `callfn_calls_total{how="no_callflow"} 1`,
		`callfn_calls_total{how="branch_limit"} 0`, `callfn_call_seconds_count 2`, `callfn_calls_in_progress 7`)
}

func TestSIPIsCounted(t *testing.T) {
	m := metrics.New("test")
	s := m.SIP()
	wantMetrics(t, m, `callfn_sip_refused_total{code="503"} 0`, `callfn_rtp_packets_total{what="lost"} 0`)
	s.CallAnswered(3 * time.Millisecond)
	s.CallEnded(rtp.Stats{Sent: 50, Received: 40, Lost: 2, Late: 1, Unauthentic: 3, Replayed: 4})
	s.CallEnded(rtp.Stats{Sent: 50, Received: 40})
	s.CallRefused(403)
	s.MessageDropped()
	wantMetrics(t, m, `callfn_sip_answer_seconds_bucket{le="0.002"} 0`, `callfn_sip_answer_seconds_bucket{le="0.005"} 1`,
		`callfn_rtp_packets_total{what="sent"} 100`, `callfn_rtp_packets_total{what="received"} 80`,
		`callfn_rtp_packets_total{what="lost"} 2`, `callfn_rtp_packets_total{what="late"} 1`,
		`callfn_rtp_packets_total{what="unauthentic"} 3`, `callfn_rtp_packets_total{what="replayed"} 4`,
		`callfn_sip_refused_total{code="403"} 1`, `callfn_sip_dropped_total 1`)
}

func wantMetrics(t *testing.T, m *metrics.Metrics, lines ...string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range lines {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("got no %s, want it", want)
		}
	}
}
