package collectors

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
)

var node = Collector{
	Name:    "node",
	Help:    "What machines have and use, as a whole.",
	Default: true,
	Families: []Family{
		nodeFamily(Family{
			Name: "node_capacity_cpu_cores", Type: prometheus.GaugeValue,
			Help:   "Cores of the machine that are online.",
			Source: "/proc/stat, lines of single CPUs",
		}, func(n *cluster.Node) cluster.Value { return n.CapacityCPUCores }),
		nodeFamily(Family{
			Name: "node_capacity_memory_bytes", Type: prometheus.GaugeValue,
			Help:   "Memory of the machine.",
			Source: "/proc/meminfo MemTotal",
		}, func(n *cluster.Node) cluster.Value { return n.CapacityMemoryBytes }),
		nodeFamily(Family{
			Name: "node_boot_timestamp_seconds", Type: prometheus.GaugeValue,
			Help:   "When the machine started, in seconds since 1970: uptime is time() minus this.",
			Source: "/proc/stat btime",
		}, func(n *cluster.Node) cluster.Value { return timestamp(n.Booted) }),
		nodeUsageFamily(Family{
			Name: "node_cpu_usage_seconds_total", Type: prometheus.CounterValue,
			Help:   "CPU time used since the machine started, summed over its CPUs: user, nice, system and interrupts.",
			Source: "/proc/stat cpu: user + nice + system + irq + softirq",
		}, func(u *cluster.NodeUsage) cluster.Value { return u.CPUSeconds }),
		nodeUsageFamily(Family{
			Name: "node_cpu_usage_cores", Type: prometheus.GaugeValue,
			Help:   "Cores used: the mean over the window between the two newest samples of the source.",
			Source: "computed from node_cpu_usage_seconds_total",
		}, func(u *cluster.NodeUsage) cluster.Value { return u.CPUCores }),
		nodeUsageFamily(Family{
			Name: "node_memory_working_set_bytes", Type: prometheus.GaugeValue,
			Help:   "Memory that can't be taken back without hurting: total - free - inactive file.",
			Source: "/proc/meminfo MemTotal - MemFree - Inactive(file)",
		}, func(u *cluster.NodeUsage) cluster.Value { return u.WorkingSetMemory }),
		nodeUsageFamily(Family{
			Name: "node_pressure_cpu_waiting_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which at least one task of the machine waited for a CPU.",
			Source: "/proc/pressure/cpu some total",
		}, func(u *cluster.NodeUsage) cluster.Value { return u.Pressure.CPU.Waiting }),
		nodeUsageFamily(Family{
			Name: "node_pressure_memory_waiting_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which at least one task of the machine waited for memory.",
			Source: "/proc/pressure/memory some total",
		}, func(u *cluster.NodeUsage) cluster.Value { return u.Pressure.Memory.Waiting }),
		nodeUsageFamily(Family{
			Name: "node_pressure_memory_stalled_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which all tasks of the machine that were not idle waited for memory.",
			Source: "/proc/pressure/memory full total",
		}, func(u *cluster.NodeUsage) cluster.Value { return u.Pressure.Memory.Stalled }),
		nodeUsageFamily(Family{
			Name: "node_pressure_io_waiting_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which at least one task of the machine waited for I/O.",
			Source: "/proc/pressure/io some total",
		}, func(u *cluster.NodeUsage) cluster.Value { return u.Pressure.IO.Waiting }),
		nodeUsageFamily(Family{
			Name: "node_pressure_io_stalled_seconds_total", Type: prometheus.CounterValue,
			Help:   "Time in which all tasks of the machine that were not idle waited for I/O.",
			Source: "/proc/pressure/io full total",
		}, func(u *cluster.NodeUsage) cluster.Value { return u.Pressure.IO.Stalled }),
	},
}

// nodeFamily completes a family that has one sample for each machine with the value.
func nodeFamily(f Family, value func(*cluster.Node) cluster.Value) Family {
	f.Labels, f.Modes = nodeLabels(), []string{ModeHost}
	f.Collect = func(s *cluster.Snapshot, emit Emit) {
		for _, n := range s.Nodes {
			if v, ok := value(n).Get(); ok {
				emit(v, n.Name, n.Pool)
			}
		}
	}
	return f
}

// nodeUsageFamily completes a family that has one sample for each machine whose usage tells the value.
func nodeUsageFamily(f Family, value func(*cluster.NodeUsage) cluster.Value) Family {
	f.Labels, f.Modes = nodeLabels(), []string{ModeHost}
	f.Collect = func(s *cluster.Snapshot, emit Emit) {
		for _, u := range s.NodeUsage {
			if v, ok := value(u).Get(); ok {
				emit(v, u.Name, u.Pool)
			}
		}
	}
	return f
}

// nodeLabels name a machine on each of its series.
func nodeLabels() []string { return []string{"node", "pool"} }
