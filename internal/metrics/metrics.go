// Package metrics serves the service's metrics to Prometheus: runs by outcome, how long calls wait for their turn, what
// was refused, dropped or disabled. They contain no customer's name, number or id.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"callfn/internal/autodisable"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/runrecord"
	"callfn/internal/runs"
)

// Metrics collects and serves metrics. It is a function.Observer.
type Metrics struct {
	registry *prometheus.Registry
	runs     *prometheus.HistogramVec
	outcomes *prometheus.CounterVec
	requests *prometheus.HistogramVec
	quotas   *prometheus.CounterVec
}

var _ function.Observer = (*Metrics)(nil)

// New returns a Metrics with the metrics of every Go process.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		runs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callfn_function_run_seconds", Help: "Runs of stored functions, from the request to the checked flow, the " +
				"wait for a turn included.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5},
		}, []string{"origin", "outcome"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callfn_runs_total", Help: "Runs of stored functions by outcome; origin is call, rehearsal or api.",
		}, []string{"origin", "outcome"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "callfn_api_request_seconds", Help: "Requests to the API.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5},
		}, []string{"method", "code"}),
		quotas: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callfn_quota_refused_total", Help: "Documents and accounts refused because an account has as many as it may.",
		}, []string{"bound"}),
	}
	for _, origin := range function.Origins() {
		for _, outcome := range runs.Outcomes() {
			m.outcomes.WithLabelValues(string(origin), string(outcome)) // so that the first failure counts as an increase
		}
	}
	m.registry.MustRegister(m.runs, m.outcomes, m.requests, m.quotas,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.gauge("callfn_build_info", "Always 1; the version is a label.", prometheus.Labels{"version": version},
		func() float64 { return 1 })
	return m
}

// Ran counts a run.
func (m *Metrics) Ran(ran function.Ran) {
	m.outcomes.WithLabelValues(string(ran.Origin), string(ran.Outcome)).Inc()
	m.runs.WithLabelValues(string(ran.Origin), string(ran.Outcome)).Observe(ran.Duration.Seconds())
}

// Lane adds metrics of a lane in which runs take turns: place is where they run, lane is calls or rehearsals.
func (m *Metrics) Lane(place, lane string, stats func() fair.Stats) {
	of := func(more ...string) prometheus.Labels {
		l := prometheus.Labels{"place": place, "lane": lane}
		for i := 0; i < len(more); i += 2 {
			l[more[i]] = more[i+1]
		}
		return l
	}
	m.gauge("callfn_lane_running", "Runs under way.", of(), func() float64 { return float64(stats().Running) })
	m.gauge("callfn_lane_waiting", "Runs that wait for their turn.", of(),
		func() float64 { return float64(stats().Waiting) })
	for _, reason := range fair.Reasons() {
		m.counter("callfn_lane_refused_total", "Runs refused, because the queue was full or they waited in vain.",
			of("reason", reason),
			func() float64 { return float64(stats().Refused[reason]) })
	}
}

// Workers adds metrics of a pool of sandbox processes.
func (m *Metrics) Workers(pool string, count func() (free, all int)) {
	m.gauge("callfn_workers_free", "Sandbox processes that could take a run now.", prometheus.Labels{"pool": pool},
		func() float64 {
			free, _ := count()
			return float64(free)
		})
	m.gauge("callfn_workers", "Sandbox processes kept.", prometheus.Labels{"pool": pool}, func() float64 {
		_, all := count()
		return float64(all)
	})
}

// Records adds metrics of the recorder of runs.
func (m *Metrics) Records(stats func() runrecord.Stats) {
	m.counter("callfn_run_records_written_total", "Records of runs written.", nil,
		func() float64 { return float64(stats().Written) })
	m.counter("callfn_run_records_dropped_total", "Records of runs dropped, for want of room.", nil,
		func() float64 { return float64(stats().Dropped) })
	m.counter("callfn_run_records_lost_total", "Records of runs that the datastore did not take.", nil,
		func() float64 { return float64(stats().Lost) })
	m.counter("callfn_run_records_over_limit_total", "Records of runs removed because their account had too many.", nil,
		func() float64 { return float64(stats().Over) })
}

// QuotaRefused counts a refusal because an account has reached a limit of its quota.
func (m *Metrics) QuotaRefused(bound string) { m.quotas.WithLabelValues(bound).Inc() }

// PartialWrites adds metrics of writes to a cluster.
func (m *Metrics) PartialWrites(count func() uint64) {
	m.counter("callfn_datastore_writes_partial_total", "Writes that fewer nodes of a cluster took than a majority: "+
		"refused, and perhaps lost.", nil,
		func() float64 { return float64(count()) })
}

// FailedWrites adds metrics of writes that a datastore failed to make: all of them, and those for lack of room on its
// disk.
func (m *Metrics) FailedWrites(count func() (all, noRoom uint64)) {
	const name, help = "callfn_datastore_writes_failed_total", "Writes that a datastore failed to make, by cause: its " +
		"disk is full, or another."
	m.counter(name, help, prometheus.Labels{"cause": "disk_full"},
		func() float64 { _, full := count(); return float64(full) })
	m.counter(name, help, prometheus.Labels{"cause": "other"},
		func() float64 { all, full := count(); return float64(all - full) })
}

// Disabling adds metrics of the guard that disables functions.
func (m *Metrics) Disabling(stats func() autodisable.Stats) {
	m.counter("callfn_functions_disabled_total", "Functions switched off because they failed too often.", nil,
		func() float64 { return float64(stats().Disabled) })
	m.counter("callfn_function_failures_total", "Failures in calls that count towards switching off.", nil,
		func() float64 { return float64(stats().Failures) })
}

// Copy adds metrics of the direct runner's copy of the function documents. age returns false while the copy was never
// complete.
func (m *Metrics) Copy(age func() (time.Duration, bool)) {
	m.gauge("callfn_functions_copy_age_seconds", "How old the copy of the function documents is; -1 while there is none.",
		nil, func() float64 {
			d, ok := age()
			if !ok {
				return -1
			}
			return d.Seconds()
		})
}

// Requests counts a handler's answers.
func (m *Metrics) Requests(h http.Handler) http.Handler {
	return promhttp.InstrumentHandlerDuration(m.requests, h)
}

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

func (m *Metrics) gauge(name, help string, labels prometheus.Labels, f func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, f))
}

func (m *Metrics) counter(name, help string, labels prometheus.Labels, f func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: name, Help: help,
		ConstLabels: labels,
	}, f))
}
