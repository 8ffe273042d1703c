package metrics_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/calls"
	"callfn/internal/metrics"
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
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`callfn_calls_total{how="caller_hung_up"} 1`, `callfn_calls_total{how="no_callflow"} 1`,
		`callfn_calls_total{how="branch_limit"} 0`, `callfn_call_answer_seconds_bucket{le="0.005"} 1`,
		`callfn_call_answer_seconds_count 1`, `callfn_call_seconds_count 2`, `callfn_calls_in_progress 7`,
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("got no %s, want it", want)
		}
	}
}
