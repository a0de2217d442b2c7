package prometheus_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/podometer/podometer/test/harness"
)

// TestMachine scrapes this machine and compares what Prometheus knows then with the kernel's own files.
func TestMachine(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(cgroupRoot); err != nil {
		t.Skipf("no cgroups: %v", err)
	}
	e := startExporter(t, everySecond)
	s := scrape(t, e)
	t.Run("node", func(t *testing.T) { checkMachine(t, s) })
	t.Run("container", func(t *testing.T) {
		c := newContainer(t)
		checkFigures(t, s, c)
		checkHeld(t, c)
		checkCores(t, s, c, checkWork(t, s, c))
		checkFigures(t, s, c)
		checkThrottled(t, s, c)
		checkUptime(t, s, c)
		checkRunning(t, s, c)
	})
	s.checkHealth(t)
	checkLog(t, e)
}

// checkHeld makes sure that the figures are those of a process that holds memory.
func checkHeld(t *testing.T, c *container) {
	t.Helper()
	figures, err := c.figures()
	if got := figures["container_memory_working_set_bytes"]; err != nil || got < held {
		t.Errorf("the container's working set is %v bytes (%v), want %v or more", got, err, held)
	}
}

// checkCores wants the usage in cores never to be above what the quota allows, and once as high as the mean over the
// whole stretch, which begins and ends with standing still.
func checkCores(t *testing.T, s *server, c *container, worked stretch) {
	t.Helper()
	promQL := "max_over_time(" + series(c, cores) + worked.within() + ")"
	got, err := s.query(t.Context(), promQL, worked.to)
	// A window of half a second that begins and ends with a period's quota holds two periods more than its share.
	const most = quota + 2*quota*0.1/0.5
	least := worked.used / worked.seconds()
	if err != nil || float64(got.Value) < least || float64(got.Value) > most {
		t.Errorf("%s = %v (%v), want at least %v and at most %v", promQL, got.Value, err, least, most)
	}
}

// checkThrottled wants the quota to have stopped the container in most of its periods.
func checkThrottled(t *testing.T, s *server, c *container) {
	t.Helper()
	promQL := series(c, "container_cpu_throttled_periods_total") + " / " + series(c, "container_cpu_periods_total")
	newest, err := s.newest(t.Context(), series(c, usage))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.query(t.Context(), promQL, newest.Timestamp); err != nil || got.Value < 0.5 || got.Value > 1 {
		t.Errorf("%s = %v (%v), want 0.5 to 1", promQL, got.Value, err)
	}
}

// checkRunning reads the machine's clock, waits for a scrape that is newer, and reads the clock again: the running time
// lies in between.
func checkRunning(t *testing.T, s *server, c *container) {
	t.Helper()
	begin, err := c.sinceBoot()
	if err != nil {
		t.Fatal(err)
	}
	runs := func() float64 {
		now, err := number("/proc/uptime", "")
		if err != nil {
			t.Fatal(err)
		}
		return now - begin
	}
	const resolution = 0.02 // both clocks count hundredths of a second
	least := runs() - resolution
	got := harness.Eventually(t, func() (float64, error) {
		sample, err := s.newest(t.Context(), series(c, running))
		if err == nil && float64(sample.Value) < least {
			err = fmt.Errorf("running time %v s, want %v or more", sample.Value, least)
		}
		return float64(sample.Value), err
	})
	if most := runs() + resolution; got > most {
		t.Errorf("running time %v s, want %v at most", got, most)
	}
}

// checkMachine compares what Prometheus knows of the machine as a whole.
func checkMachine(t *testing.T, s *server) {
	t.Helper()
	memory, memoryErr := number("/proc/meminfo", "MemTotal")
	boot, bootErr := number("/proc/stat", "btime")
	stat, statErr := os.ReadFile("/proc/stat")
	if memoryErr != nil || bootErr != nil || statErr != nil {
		t.Fatal(memoryErr, bootErr, statErr)
	}
	checkNode(t, s, map[string]float64{
		"node_capacity_cpu_cores":     float64(strings.Count(string(stat), "\ncpu")),
		"node_capacity_memory_bytes":  memory * kiB,
		"node_boot_timestamp_seconds": boot,
	})
	checkNodeUsage(t, s)
}

// checkNodeUsage reads how long the CPUs have worked, waits for a scrape that is newer, and reads again.
func checkNodeUsage(t *testing.T, s *server) {
	t.Helper()
	least := worked(t)
	selector := fmt.Sprintf("podometer_node_cpu_usage_seconds_total{node=%q}", node)
	got := harness.Eventually(t, func() (float64, error) {
		sample, err := s.newest(t.Context(), selector)
		if err == nil && float64(sample.Value) < least {
			err = fmt.Errorf("CPU time of the machine is %v s, want %v or more", sample.Value, least)
		}
		return float64(sample.Value), err
	})
	if most := worked(t); got > most {
		t.Errorf("CPU time of the machine is %v s, want %v at most", got, most)
	}
}

// worked returns the seconds that the machine's CPUs were neither idle, waiting for I/O, nor stolen.
func worked(t *testing.T) float64 {
	t.Helper()
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	var user, nice, system, idle, wait, irq, softIRQ float64
	if _, err := fmt.Sscanf(string(data), "cpu %f %f %f %f %f %f %f", &user, &nice, &system, &idle, &wait, &irq, &softIRQ); err != nil {
		t.Fatal(err)
	}
	return (user + nice + system + irq + softIRQ) / 100
}
