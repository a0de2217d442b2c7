package local

import (
	"fmt"
	"math"
	"time"

	"github.com/prometheus/procfs"

	"github.com/podometer/podometer/cluster"
)

// defaultPool is the pool of a machine that belongs to no cluster.
const defaultPool = "default"

// host reads the machine as a whole from /proc. It is not safe for concurrent use.
type host struct {
	statistics
	name string
	root string
	proc procfs.FS
	cpu  cluster.CPUSample
}

// clock relates the kernel's count of seconds since the start to the calendar.
type clock struct {
	booted time.Time     // zero: unknown
	uptime cluster.Value // at the time read
	read   time.Time
}

// now returns the moment t, counted in seconds after the start.
func (c clock) now(t time.Time) (float64, bool) {
	uptime, ok := c.uptime.Get()
	return uptime + t.Sub(c.read).Seconds(), ok
}

// at returns the calendar time of a moment counted in seconds after the start.
func (c clock) at(seconds float64) time.Time {
	if c.booted.IsZero() {
		return time.Time{}
	}
	return c.booted.Add(time.Duration(math.Round(seconds * float64(time.Second))))
}

// read returns what the machine has, what it uses, and its clock. What can't be read is reported and missing.
func (h *host) read() (*cluster.Node, *cluster.NodeUsage, clock) {
	node := &cluster.Node{Name: h.name, Pool: defaultPool}
	usage := &cluster.NodeUsage{Name: h.name, Pool: defaultPool}
	var c clock
	h.file(h.root, "uptime", func(data []byte) error {
		uptime, err := parseUptime(data)
		if err == nil {
			c.uptime, c.read = cluster.Known(uptime), time.Now()
		}
		return err
	})
	h.readStat(node, usage)
	c.booted = node.Booted
	h.readMemory(node, usage)
	pressure := h.root + "/pressure"
	usage.Pressure = cluster.Pressure{
		CPU:    cluster.Stall{Waiting: h.stall(pressure, "cpu").Waiting}, // "full" is not defined for a machine's CPU
		Memory: h.stall(pressure, "memory"),
		IO:     h.stall(pressure, "io"),
	}
	return node, usage, c
}

func (h *host) readStat(node *cluster.Node, usage *cluster.NodeUsage) {
	stat, err := h.proc.Stat()
	usage.Sampled = time.Now()
	if err != nil {
		h.fail(fmt.Errorf("%s/stat: %w", h.root, err))
		return
	}
	if seconds := stat.BootTime; seconds > 0 && seconds <= math.MaxInt64 {
		node.Booted = time.Unix(int64(seconds), 0)
	}
	cores := float64(len(stat.CPU))
	if cores > 0 {
		node.CapacityCPUCores = cluster.Known(cores)
	}
	// Guest time is part of user time. Idle, I/O wait and stolen time were not used by anything here.
	t := stat.CPUTotal
	used := t.User + t.Nice + t.System + t.IRQ + t.SoftIRQ
	usage.CPUSeconds = cluster.Known(math.Round(used*userHZ) / userHZ) // back to whole ticks
	sample := cluster.CPUSample{At: usage.Sampled, Seconds: usage.CPUSeconds}
	usage.CPUCores, err = cluster.CPUCores(h.cpu, sample, cores)
	if err != nil {
		h.fail(fmt.Errorf("%s/stat: %w", h.root, err))
	}
	h.cpu = sample
}

// readMemory takes total and working set (total - free - inactive file, as the kubelet counts a node).
func (h *host) readMemory(node *cluster.Node, usage *cluster.NodeUsage) {
	m, err := h.proc.Meminfo()
	if err != nil {
		h.fail(fmt.Errorf("%s/meminfo: %w", h.root, err))
		return
	}
	if m.MemTotalBytes == nil {
		return
	}
	total := float64(*m.MemTotalBytes)
	node.CapacityMemoryBytes = cluster.Known(total)
	if m.MemFreeBytes != nil && m.InactiveFileBytes != nil {
		usage.WorkingSetMemory = workingSet(cluster.Known(total-float64(*m.MemFreeBytes)), cluster.Known(float64(*m.InactiveFileBytes)))
	}
}
