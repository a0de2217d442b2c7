package collectors

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
)

var containerDetail = Collector{
	Name:    "container_detail",
	Help:    "What the kernel splits further and few people need: CPU time by mode, memory with reclaimable cache.",
	Default: false,
	Families: []Family{
		containerFamily(Family{
			Name: "container_cpu_user_seconds_total", Type: prometheus.CounterValue,
			Help:   "CPU time used in user mode since the container started.",
			Source: "v2 cpu.stat user_usec; v1 cpuacct.stat user",
		}, func(u *cluster.Usage) cluster.Value { return u.CPU.UserSeconds }),
		containerFamily(Family{
			Name: "container_cpu_system_seconds_total", Type: prometheus.CounterValue,
			Help:   "CPU time used in kernel mode since the container started.",
			Source: "v2 cpu.stat system_usec; v1 cpuacct.stat system",
		}, func(u *cluster.Usage) cluster.Value { return u.CPU.SystemSeconds }),
		containerFamily(Family{
			Name: "container_memory_usage_bytes", Type: prometheus.GaugeValue,
			Help:   "All memory charged to the container, cache included that the kernel would give back at once.",
			Source: "v2 memory.current; v1 memory.usage_in_bytes",
		}, func(u *cluster.Usage) cluster.Value { return u.Memory.Usage }),
	},
}
