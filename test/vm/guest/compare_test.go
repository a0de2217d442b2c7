//go:build linux

package guest

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// factsOf reads what the kernel knows of the containers.
func factsOf(t *testing.T, all []*container) []facts {
	t.Helper()
	list := make([]facts, len(all))
	for i, c := range all {
		list[i] = c.cgroup.facts(t)
	}
	return list
}

// compare asserts that the same facts are published as the kernel has, and that they lie between what the kernel said
// before and after.
func compare(t *testing.T, before, got, after facts) {
	t.Helper()
	for _, family := range families(before, got) {
		low, known := before[family]
		value, published := got[family]
		high := after[family]
		switch {
		case strings.HasSuffix(family, "_usage_cores"): // not the kernel's: it is compared with its counter
		case known != published:
			t.Errorf("%s: the kernel knows it: %v, podometer publishes it: %v", family, known, published)
		case value < low-rounding(family) || value > high+rounding(family):
			t.Errorf("%s is %v, the kernel says %v before and %v after", family, value, low, high)
		}
	}
}

// rounding is how far a number may be off because it is published, or told by the kernel, with so many digits. What
// the kernel counts in whole bytes, events, microseconds or ticks is published to the last digit.
func rounding(family string) float64 {
	switch family {
	case "container_start_timestamp_seconds":
		return 0.0005 // published in milliseconds
	case "container_running_seconds_total":
		return 0.01 // uptime is told in hundredths
	default:
		return 0
	}
}

// release lets families that both rise and fall have any value: no bracket holds them. They are compared when frozen.
func release(before, after facts) {
	for family := range before {
		usage := strings.HasSuffix(family, "_bytes") && !strings.Contains(family, "_limit_") && !strings.Contains(family, "_capacity_")
		if usage || family == "container_processes" {
			before[family], after[family] = 0, math.Inf(1)
		}
	}
}

// families returns the names in either, sorted.
func families(a, b facts) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
