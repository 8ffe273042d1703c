package metrics

import "github.com/prometheus/client_golang/prometheus"

// OpenBreakers shows how many hosts, counted for each account, functions do not ask since they do not answer.
func (m *Metrics) OpenBreakers(open func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "callfn_http_breakers_open", Help: "Hosts that functions do not ask now since they do not answer, counted " +
			"for each account.",
	}, func() float64 { return float64(open()) }))
}
