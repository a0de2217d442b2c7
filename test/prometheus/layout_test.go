package prometheus_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	cgroupRoot = "/sys/fs/cgroup"

	// quota is the share of a CPU that a container of ours may use.
	quota = 0.25

	// charged is the working set with the cache that the kernel would give back at once.
	charged = "memory usage"
)

// layout says where a cgroup hierarchy keeps the figures of a Docker container.
type layout struct {
	under        map[string]string // controller → the directory of Docker's cgroups
	settings     []setting
	figures      []figure
	inactiveFile string // its key in memory.stat
}

// setting is a file to write to give a container its limits.
type setting struct{ controller, file, value string }

// figure is where the kernel keeps what a family must say: a file with one number, or a line of a file that begins
// with the key, in the given unit.
type figure struct {
	family, controller, file, key string
	unit                          float64
	optional                      bool // not every kernel has the file
}

// findLayout returns the layout of this machine.
func findLayout() layout {
	if _, err := os.Stat(cgroupRoot + "/cgroup.controllers"); err == nil {
		return layoutV2()
	}
	return layoutV1()
}

func layoutV1() layout {
	return layout{
		under: map[string]string{
			"cpu": cgroupRoot + "/cpu/docker", "cpuacct": cgroupRoot + "/cpuacct/docker",
			"memory": cgroupRoot + "/memory/docker", "pids": cgroupRoot + "/pids/docker",
		},
		settings: []setting{
			{"cpu", "cpu.cfs_period_us", "100000"}, {"cpu", "cpu.cfs_quota_us", "25000"},
			{"memory", "memory.limit_in_bytes", "268435456"},
		},
		figures: []figure{
			{usage, "cpuacct", "cpuacct.usage", "", 1e-9, false},
			{"container_cpu_periods_total", "cpu", "cpu.stat", "nr_periods", 1, false},
			{"container_cpu_throttled_periods_total", "cpu", "cpu.stat", "nr_throttled", 1, false},
			{"container_cpu_throttled_seconds_total", "cpu", "cpu.stat", "throttled_time", 1e-9, false},
			{charged, "memory", "memory.usage_in_bytes", "", 1, false},
			{"container_memory_anon_bytes", "memory", "memory.stat", "total_rss", 1, false},
			{"container_memory_file_bytes", "memory", "memory.stat", "total_cache", 1, false},
			{"container_memory_limit_bytes", "memory", "memory.limit_in_bytes", "", 1, false},
			{"container_memory_limit_hits_total", "memory", "memory.failcnt", "", 1, false},
			{"container_memory_oom_kills_total", "memory", "memory.oom_control", "oom_kill", 1, false},
		},
		inactiveFile: "total_inactive_file",
	}
}

func layoutV2() layout {
	const all = cgroupRoot + "/docker"
	return layout{
		under:    map[string]string{"cpu": all, "memory": all},
		settings: []setting{{"cpu", "cpu.max", "25000 100000"}, {"memory", "memory.max", "268435456"}},
		figures: []figure{
			{usage, "cpu", "cpu.stat", "usage_usec", 1e-6, false},
			{"container_cpu_periods_total", "cpu", "cpu.stat", "nr_periods", 1, false},
			{"container_cpu_throttled_periods_total", "cpu", "cpu.stat", "nr_throttled", 1, false},
			{"container_cpu_throttled_seconds_total", "cpu", "cpu.stat", "throttled_usec", 1e-6, false},
			{charged, "memory", "memory.current", "", 1, false},
			{"container_memory_anon_bytes", "memory", "memory.stat", "anon", 1, false},
			{"container_memory_file_bytes", "memory", "memory.stat", "file", 1, false},
			{"container_memory_swap_bytes", "memory", "memory.swap.current", "", 1, true},
			{"container_memory_limit_bytes", "memory", "memory.max", "", 1, false},
			{"container_memory_limit_hits_total", "memory", "memory.events", "max", 1, false},
			{"container_memory_oom_kills_total", "memory", "memory.events", "oom_kill", 1, false},
		},
		inactiveFile: "inactive_file",
	}
}

// dirs returns the directories of a container's cgroups by controller.
func (l layout) dirs(container string) map[string]string {
	dirs := make(map[string]string, len(l.under))
	for controller, under := range l.under {
		dirs[controller] = filepath.Join(under, container)
	}
	return dirs
}

// number reads the number after the key in the file, or the first one if there is no key.
func number(path, key string) (float64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if key == "" && len(fields) > 0 {
			return strconv.ParseFloat(fields[0], 64)
		}
		if len(fields) >= 2 && strings.TrimSuffix(fields[0], ":") == key {
			return strconv.ParseFloat(fields[1], 64)
		}
	}
	return 0, fmt.Errorf("%s: no number for %q in %q", path, key, data)
}
