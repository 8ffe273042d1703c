package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"callfn/callflow"
	"callfn/internal/callrecord"
	"callfn/internal/calls"
)

// Calls counts real calls. It is a calls.Observer.
type Calls struct {
	ended  *prometheus.CounterVec
	lasted prometheus.Histogram
}

var _ calls.Observer = (*Calls)(nil)

// Calls adds metrics of calls from switches: how many are in progress, and how the others ended.
func (m *Metrics) Calls(inProgress func() int) *Calls {
	c := &Calls{
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callfn_calls_total", Help: "Calls from switches that are over, by how they ended.",
		}, []string{"how"}),
		lasted: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "callfn_call_seconds", Help: "How long calls lasted.",
			Buckets: []float64{1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600},
		}),
	}
	for _, how := range callflow.Endings() {
		c.ended.WithLabelValues(string(how)) // so that the first one counts as an increase
	}
	m.registry.MustRegister(c.ended, c.lasted)
	m.gauge("callfn_calls_in_progress", "Calls from switches in progress.", nil,
		func() float64 { return float64(inProgress()) })
	return c
}

// CallEnded counts a call.
func (c *Calls) CallEnded(r calls.Record) {
	c.ended.WithLabelValues(string(r.Ended.How)).Inc()
	c.lasted.Observe(r.Duration().Seconds())
}

// CallRecords adds metrics of the recorder of calls.
func (m *Metrics) CallRecords(stats func() callrecord.Stats) {
	m.counter("callfn_call_records_written_total", "Records of calls written.", nil,
		func() float64 { return float64(stats().Written) })
	m.counter("callfn_call_records_dropped_total", "Records of calls dropped, for want of room.", nil,
		func() float64 { return float64(stats().Dropped) })
	m.counter("callfn_call_records_lost_total", "Records of calls that the datastore did not take.", nil,
		func() float64 { return float64(stats().Lost) })
}
