package collectors

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
)

var containerMemory = Collector{
	Name:    "container_memory",
	Help:    "Memory held by containers, their limits, and what happened at the limit.",
	Default: true,
	Families: []Family{
		containerFamily(Family{
			Name: "container_memory_working_set_bytes", Type: prometheus.GaugeValue,
			Help:   "Memory that can't be taken back without hurting: max(0, usage - inactive file).",
			Source: "v2 memory.current - memory.stat inactive_file; v1 memory.usage_in_bytes - memory.stat total_inactive_file",
		}, func(u *cluster.Usage) cluster.Value { return u.Memory.WorkingSet }),
		containerFamily(Family{
			Name: "container_memory_anon_bytes", Type: prometheus.GaugeValue,
			Help:   "Memory that no file stands behind: heap, stack and the like.",
			Source: "memory.stat: v2 anon; v1 total_rss",
		}, func(u *cluster.Usage) cluster.Value { return u.Memory.Anon }),
		containerFamily(Family{
			Name: "container_memory_file_bytes", Type: prometheus.GaugeValue,
			Help:   "Page cache, tmpfs and shared memory included.",
			Source: "memory.stat: v2 file; v1 total_cache",
		}, func(u *cluster.Usage) cluster.Value { return u.Memory.File }),
		containerFamily(Family{
			Name: "container_memory_swap_bytes", Type: prometheus.GaugeValue,
			Help:   "Memory in swap; absent where the kernel does not account swap.",
			Source: "v2 memory.swap.current; v1 memory.stat total_swap",
		}, func(u *cluster.Usage) cluster.Value { return u.Memory.Swap }),
		containerFamily(Family{
			Name: "container_memory_limit_bytes", Type: prometheus.GaugeValue,
			Help:   "Memory the container may use. Absent without a limit.",
			Source: "v2 memory.max; v1 memory.limit_in_bytes",
		}, func(u *cluster.Usage) cluster.Value { return u.Memory.Limit }),
		containerFamily(Family{
			Name: "container_memory_oom_kills_total", Type: prometheus.CounterValue,
			Help:   "Processes of the container that the kernel killed for want of memory.",
			Source: "v2 memory.events oom_kill; v1 memory.oom_control oom_kill",
		}, func(u *cluster.Usage) cluster.Value { return u.Memory.OOMKills }),
		containerFamily(Family{
			Name: "container_memory_limit_hits_total", Type: prometheus.CounterValue,
			Help:   "Times the usage ran into the limit, so that memory had to be taken back first.",
			Source: "v2 memory.events max; v1 memory.failcnt + memory.memsw.failcnt",
		}, func(u *cluster.Usage) cluster.Value { return u.Memory.LimitHits }),
	},
}
