package collectors

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
)

// Prefix begins the name of every metric family of podometer.
const Prefix = "podometer_"

// ModeHost is the mode in which podometer measures the machine it runs on, without a cluster.
const ModeHost = "host"

// Emit takes one sample: its value, and the values of the family's labels in the order of Family.Labels. It keeps
// neither the slice nor changes it, so a caller may use one slice for all of its samples.
type Emit func(value float64, labelValues ...string)

// Family is a metric family as data.
type Family struct {
	Name   string // without Prefix
	Help   string // a sentence; for a number that is computed, its formula
	Type   prometheus.ValueType
	Labels []string
	Source string   // where the numbers are read
	Modes  []string // in which it can have samples
	// Collect emits the family's samples of a snapshot, each set of label values at most once. It is pure, and safe to
	// call from several goroutines.
	Collect func(*cluster.Snapshot, Emit)
}

// Unit returns the unit of the family's values, which is part of its name.
func (f Family) Unit() string {
	name := strings.TrimSuffix(f.Name, "_total")
	for _, unit := range []struct{ suffix, name string }{
		{"_timestamp_seconds", "seconds since 1970"},
		{"_seconds", "seconds"},
		{"_bytes", "bytes"},
		{"_cores", "cores"},
		{"_processes", "processes"},
		{"_periods", "periods"},
		{"_oom_kills", "kills"},
		{"_limit_hits", "hits"},
	} {
		if strings.HasSuffix(name, unit.suffix) {
			return unit.name
		}
	}
	return ""
}

// Collector is a topic: families that are switched on and off together.
type Collector struct {
	Name     string
	Help     string
	Default  bool // on unless a flag says otherwise
	Families []Family
}

// All is every collector there is, in the order of the documentation. It is the only registration.
var All = []Collector{
	containerCPU,
	containerMemory,
	containerPressure,
	containerRuntime,
	containerDetail,
	node,
}

// Names returns the names of the collectors in their order.
func Names(of []Collector) []string {
	names := make([]string, len(of))
	for i, c := range of {
		names[i] = c.Name
	}
	return names
}
