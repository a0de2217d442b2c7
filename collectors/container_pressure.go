package collectors

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
)

var containerPressure = Collector{
	Name:    "container_pressure",
	Help:    "Time containers lost for want of CPU, memory and I/O (pressure stall information, cgroup v2).",
	Default: true,
	Families: []Family{
		containerFamily(Family{
			Name: "container_pressure_cpu_waiting_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which at least one task of the container waited for a CPU.",
			Source: "v2 cpu.pressure some total",
		}, func(u *cluster.Usage) cluster.Value { return u.Pressure.CPU.Waiting }),
		containerFamily(Family{
			Name: "container_pressure_cpu_stalled_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which all runnable tasks of the container waited for a CPU, throttling included.",
			Source: "v2 cpu.pressure full total",
		}, func(u *cluster.Usage) cluster.Value { return u.Pressure.CPU.Stalled }),
		containerFamily(Family{
			Name: "container_pressure_memory_waiting_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which at least one task of the container waited for memory.",
			Source: "v2 memory.pressure some total",
		}, func(u *cluster.Usage) cluster.Value { return u.Pressure.Memory.Waiting }),
		containerFamily(Family{
			Name: "container_pressure_memory_stalled_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which all tasks of the container that were not idle waited for memory.",
			Source: "v2 memory.pressure full total",
		}, func(u *cluster.Usage) cluster.Value { return u.Pressure.Memory.Stalled }),
		containerFamily(Family{
			Name: "container_pressure_io_waiting_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which at least one task of the container waited for I/O.",
			Source: "v2 io.pressure some total",
		}, func(u *cluster.Usage) cluster.Value { return u.Pressure.IO.Waiting }),
		containerFamily(Family{
			Name: "container_pressure_io_stalled_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which all tasks of the container that were not idle waited for I/O.",
			Source: "v2 io.pressure full total",
		}, func(u *cluster.Usage) cluster.Value { return u.Pressure.IO.Stalled }),
	},
}
