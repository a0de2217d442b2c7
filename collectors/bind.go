package collectors

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
)

// Bind makes the collector one of client_golang's, for those who embed podometer and for the tests that compare its
// own encoder with client_golang's. Every Collect takes one snapshot.
func (c Collector) Bind(snapshot func() *cluster.Snapshot) prometheus.Collector {
	b := &bound{snapshot: snapshot, families: c.Families}
	for _, f := range c.Families {
		b.descs = append(b.descs, prometheus.NewDesc(Prefix+f.Name, f.Help, f.Labels, nil))
	}
	return b
}

type bound struct {
	snapshot func() *cluster.Snapshot
	families []Family
	descs    []*prometheus.Desc
}

// Describe implements prometheus.Collector.
func (b *bound) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range b.descs {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (b *bound) Collect(out chan<- prometheus.Metric) {
	snapshot := b.snapshot()
	for i, f := range b.families {
		f.Collect(snapshot, func(value float64, labelValues ...string) {
			metric, err := prometheus.NewConstMetric(b.descs[i], f.Type, value, validUTF8(labelValues)...)
			if err != nil {
				metric = prometheus.NewInvalidMetric(b.descs[i], err)
			}
			out <- metric
		})
	}
}

// validUTF8 returns the values as Prometheus takes them: what is not UTF-8 becomes U+FFFD.
func validUTF8(values []string) []string {
	valid := make([]string, len(values))
	for i, v := range values {
		valid[i] = strings.ToValidUTF8(v, "\uFFFD")
	}
	return valid
}
