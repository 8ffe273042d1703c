package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callfn/internal/kv"
)

// KV watches the key-value store of functions. total gives what all accounts store; ok is false while it cannot be
// asked. The returned function counts operations.
func (m *Metrics) KV(total func() (use kv.Usage, ok bool)) func(operation string, err error, took time.Duration) {
	operations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "callfn_kv_operation_seconds", Help: "Operations on the key-value store; reason is empty for those that " +
			"succeeded.",
		Buckets: []float64{.00002, .0001, .0005, .001, .002, .005, .01, .02, .05, .1, .5},
	}, []string{"operation", "reason"})
	for _, operation := range []string{"get", "set", "incr", "delete", "list"} {
		for _, reason := range []kv.Reason{"", kv.Unavailable} {
			operations.WithLabelValues(operation, string(reason)) // so that the first failure is an increase
		}
	}
	m.registry.MustRegister(operations)
	m.gauge("callfn_kv_keys", "Keys in the key-value store, of all accounts; -1 while it cannot be asked.", nil,
		func() float64 { return known(total, func(use kv.Usage) float64 { return float64(use.Keys) }) })
	m.gauge("callfn_kv_bytes", "Bytes of keys and values in the key-value store, of all accounts; -1 while it cannot be "+
		"asked.", nil,
		func() float64 { return known(total, func(use kv.Usage) float64 { return float64(use.Bytes) }) })
	return func(operation string, err error, took time.Duration) {
		reason := kv.ReasonOf(err)
		if err != nil && reason == "" {
			reason = "other"
		}
		operations.WithLabelValues(operation, string(reason)).Observe(took.Seconds())
	}
}

// known gives a figure, or -1 while there is none.
func known(total func() (kv.Usage, bool), figure func(kv.Usage) float64) float64 {
	use, ok := total()
	if !ok {
		return -1
	}
	return figure(use)
}
