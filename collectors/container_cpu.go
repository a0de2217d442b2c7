package collectors

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
)

var containerCPU = Collector{
	Name:    "container_cpu",
	Help:    "CPU used by containers, their limits, and how the kernel throttled them.",
	Default: true,
	Families: []Family{
		containerFamily(Family{
			Name: "container_cpu_usage_seconds_total", Type: prometheus.CounterValue,
			Help:   "CPU time used since the container started.",
			Source: "v2 cpu.stat usage_usec; v1 cpuacct.usage",
		}, func(u *cluster.Usage) cluster.Value { return u.CPU.UsageSeconds }),
		containerFamily(Family{
			Name: "container_cpu_usage_cores", Type: prometheus.GaugeValue,
			Help:   "Cores used: the mean over the window between the two newest samples of the source.",
			Source: "computed from container_cpu_usage_seconds_total",
		}, func(u *cluster.Usage) cluster.Value { return u.CPU.UsageCores }),
		containerFamily(Family{
			Name: "container_cpu_periods_total", Type: prometheus.CounterValue,
			Help:   "Enforcement periods of the CPU limit that have passed with the container runnable; absent without a limit.",
			Source: "cpu.stat nr_periods",
		}, func(u *cluster.Usage) cluster.Value { return u.CPU.Periods }),
		containerFamily(Family{
			Name: "container_cpu_throttled_periods_total", Type: prometheus.CounterValue,
			Help:   "Enforcement periods in which the container used up its CPU limit and had to stop; absent without a limit.",
			Source: "cpu.stat nr_throttled",
		}, func(u *cluster.Usage) cluster.Value { return u.CPU.ThrottledPeriods }),
		containerFamily(Family{
			Name: "container_cpu_throttled_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time for which the container was stopped by its CPU limit, summed over its CPUs; absent without a limit.",
			Source: "v2 cpu.stat throttled_usec; v1 cpu.stat throttled_time",
		}, func(u *cluster.Usage) cluster.Value { return u.CPU.ThrottledSeconds }),
		containerFamily(Family{
			Name: "container_cpu_limit_cores", Type: prometheus.GaugeValue,
			Help:   "Cores the container may use: quota / period. Absent without a limit.",
			Source: "v2 cpu.max; v1 cpu.cfs_quota_us / cpu.cfs_period_us",
		}, func(u *cluster.Usage) cluster.Value { return u.CPU.LimitCores }),
	},
}
