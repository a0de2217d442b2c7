package local

import (
	"bytes"

	"github.com/podometer/podometer/cluster"
)

// userHZ is the number of clock ticks a second in what the kernel tells user space, on every architecture Go runs on.
const userHZ = 100

// parseCPUStat adds to u what cpu.stat of cgroup v2 (microseconds), cpu.stat of v1 (nanoseconds) or cpuacct.stat of
// v1 (clock ticks) tells: their keys differ where their units do. A malformed file adds nothing.
func parseCPUStat(data []byte, u *cluster.CPUUsage) error {
	parsed := *u
	err := parseFlat(data, func(key []byte, n float64) {
		switch string(key) {
		case "usage_usec":
			parsed.UsageSeconds = cluster.Known(n / 1e6)
		case "user_usec":
			parsed.UserSeconds = cluster.Known(n / 1e6)
		case "system_usec":
			parsed.SystemSeconds = cluster.Known(n / 1e6)
		case "user":
			parsed.UserSeconds = cluster.Known(n / userHZ)
		case "system":
			parsed.SystemSeconds = cluster.Known(n / userHZ)
		case "nr_periods":
			parsed.Periods = cluster.Known(n)
		case "nr_throttled":
			parsed.ThrottledPeriods = cluster.Known(n)
		case "throttled_usec":
			parsed.ThrottledSeconds = cluster.Known(n / 1e6)
		case "throttled_time":
			parsed.ThrottledSeconds = cluster.Known(n / 1e9)
		}
	})
	if err == nil {
		*u = parsed
	}
	return err
}

// parseQuotaV1 reads cpu.cfs_quota_us in microseconds. -1, no quota, is a missing value.
func parseQuotaV1(data []byte) (cluster.Value, error) {
	if bytes.HasPrefix(data, []byte("-")) {
		_, err := parseNumber(data[1:])
		return cluster.Value{}, err
	}
	return parseNumber(data)
}

// memoryStat is what podometer needs of memory.stat, in bytes.
type memoryStat struct {
	anon, file, inactiveFile, swap cluster.Value
}

// parseMemoryStat reads memory.stat of cgroup v2 or v1. Of v1 it takes the total_ keys, which include cgroups below,
// as v2's keys always do. A malformed file gives nothing.
func parseMemoryStat(data []byte) (memoryStat, error) {
	var stat memoryStat
	err := parseFlat(data, func(key []byte, n float64) {
		switch string(key) {
		case "anon", "total_rss":
			stat.anon = cluster.Known(n)
		case "file", "total_cache":
			stat.file = cluster.Known(n)
		case "inactive_file", "total_inactive_file": // v1 has both, the total last
			stat.inactiveFile = cluster.Known(n)
		case "total_swap":
			stat.swap = cluster.Known(n)
		}
	})
	if err != nil {
		return memoryStat{}, err
	}
	return stat, nil
}

// parseMemoryEvents adds to u the events that memory.events of cgroup v2 or memory.oom_control of v1 counts.
// A malformed file adds nothing.
func parseMemoryEvents(data []byte, u *cluster.MemoryUsage) error {
	parsed := *u
	err := parseFlat(data, func(key []byte, n float64) {
		switch string(key) {
		case "max":
			parsed.LimitHits = cluster.Known(n)
		case "oom_kill":
			parsed.OOMKills = cluster.Known(n)
		}
	})
	if err == nil {
		*u = parsed
	}
	return err
}
