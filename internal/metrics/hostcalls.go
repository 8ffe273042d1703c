package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// HostCalls counts what functions ask of their bindings. The returned function is told of each call; the reason is ""
// for one that succeeded, and of a closed set else.
func (m *Metrics) HostCalls() func(verb, reason string, took time.Duration) {
	calls := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "callfn_host_call_seconds", Help: "Calls of functions to what their bindings give them, by verb; reason is " +
			"empty for those that succeeded.",
		Buckets: []float64{.00005, .0002, .001, .005, .02, .1, .5, 1, 1.5, 2},
	}, []string{"verb", "reason"})
	for _, verb := range []string{"kv.get", "kv.set", "kv.incr", "secrets.get"} {
		calls.WithLabelValues(verb, "unavailable") // so that the first one counts as an increase
	}
	m.registry.MustRegister(calls)
	return func(verb, reason string, took time.Duration) {
		calls.WithLabelValues(verb, reason).Observe(took.Seconds())
	}
}
