package exporter

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	clientcollectors "github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// namespace is collectors.Prefix in client_golang's terms.
const namespace = "podometer"

// sourceMetrics exports how every source is doing. All failure of podometer shows here, once.
type sourceMetrics struct {
	sources                                               []cluster.Source
	up, lastSuccess, sampleAge, errors, expected, covered *prometheus.Desc
}

func newSourceMetrics(sources []cluster.Source) *sourceMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(collectors.Prefix+name, help, append([]string{"source"}, labels...), nil)
	}
	return &sourceMetrics{
		sources:     sources,
		up:          desc("source_up", "1 if the newest attempt of the source gave a picture, else 0. Parts that were missing in it are in source_errors_total."),
		lastSuccess: desc("source_last_success_timestamp_seconds", "When the source last had a picture, in seconds since 1970; absent before the first."),
		sampleAge:   desc("source_sample_age_seconds", "Age of the source's newest picture at the time of the scrape."),
		errors:      desc("source_errors_total", "What went wrong in the source, in part or in whole.", "reason"),
		expected:    desc("containers_expected", "Running containers that the source should have usage for."),
		covered:     desc("containers_covered", "Running containers that the source has usage for."),
	}
}

// Describe implements prometheus.Collector.
func (m *sourceMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{m.up, m.lastSuccess, m.sampleAge, m.errors, m.expected, m.covered} {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (m *sourceMetrics) Collect(out chan<- prometheus.Metric) {
	for _, source := range m.sources {
		status := source.Status()
		gauge := func(desc *prometheus.Desc, value float64) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, source.Name())
		}
		up := 0.0
		if status.Up {
			up = 1
		}
		gauge(m.up, up)
		gauge(m.expected, float64(status.Expected))
		gauge(m.covered, float64(status.Covered))
		if !status.LastSuccess.IsZero() {
			gauge(m.lastSuccess, float64(status.LastSuccess.UnixMilli())/1e3)
			gauge(m.sampleAge, time.Since(status.LastSuccess).Seconds())
		}
		for _, reason := range slices.Sorted(maps.Keys(status.Errors)) {
			out <- prometheus.MustNewConstMetric(m.errors, prometheus.CounterValue, float64(status.Errors[reason]), source.Name(), reason)
		}
	}
}

// scrapeMetrics exports what the collectors did in one scrape, and belongs to it: scrapes that overlap share nothing.
type scrapeMetrics struct {
	duration, series *prometheus.Desc
	outcomes         []outcome
}

func newScrapeMetrics() scrapeMetrics {
	labels := []string{"collector"}
	return scrapeMetrics{
		duration: prometheus.NewDesc(collectors.Prefix+"collector_duration_seconds", "Time the collector took in this scrape.", labels, nil),
		series:   prometheus.NewDesc(collectors.Prefix+"collector_series", "Series the collector gave in this scrape.", labels, nil),
	}
}

// Describe implements prometheus.Collector.
func (m scrapeMetrics) Describe(out chan<- *prometheus.Desc) {
	out <- m.duration
	out <- m.series
}

// Collect implements prometheus.Collector.
func (m scrapeMetrics) Collect(out chan<- prometheus.Metric) {
	for _, o := range m.outcomes {
		out <- prometheus.MustNewConstMetric(m.duration, prometheus.GaugeValue, o.duration.Seconds(), o.collector)
		out <- prometheus.MustNewConstMetric(m.series, prometheus.GaugeValue, float64(o.series), o.collector)
	}
}

// newSelfRegistry returns the registry of podometer's metrics about itself, and the counter of panics.
func newSelfRegistry(constant map[string]string, sources []cluster.Source, from []collectors.Collector) (*prometheus.Registry, *prometheus.CounterVec) {
	registry := prometheus.NewRegistry()
	panicked := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "collector_panics_total",
		Help: "Scrapes in which the collector panicked and its series are missing.",
	}, []string{"collector"})
	for _, c := range from {
		panicked.WithLabelValues(c.Name)
	}
	prometheus.WrapRegistererWith(constant, registry).MustRegister(
		version.NewCollector(namespace),
		clientcollectors.NewGoCollector(),
		clientcollectors.NewProcessCollector(clientcollectors.ProcessCollectorOpts{}),
		newSourceMetrics(sources),
		panicked,
	)
	return registry, panicked
}
