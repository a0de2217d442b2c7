package collectors

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
)

var containerRuntime = Collector{
	Name:    "container_runtime",
	Help:    "Since when containers run, for how long, and with how many processes.",
	Default: true,
	Families: []Family{
		containerFamily(Family{
			Name: "container_start_timestamp_seconds", Type: prometheus.GaugeValue,
			Help:   "When the container started, in seconds since 1970: uptime is time() minus this.",
			Source: "start of the oldest process, /proc/PID/stat; the age of the cgroup where processes of another pid namespace are hidden",
		}, func(u *cluster.Usage) cluster.Value { return timestamp(u.Started) }),
		containerFamily(Family{
			Name: "container_running_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time the container has run: finished runs that were seen + (newest sample - start of this run).",
			Source: "computed from container_start_timestamp_seconds and /proc/uptime",
		}, func(u *cluster.Usage) cluster.Value { return u.RunningSeconds }),
		containerFamily(Family{
			Name: "container_processes", Type: prometheus.GaugeValue,
			Help:   "Processes in the container. Threads are not counted.",
			Source: "cgroup.procs, of the cgroups below too",
		}, func(u *cluster.Usage) cluster.Value { return u.Processes }),
	},
}
