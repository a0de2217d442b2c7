//go:build linux

package guest

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// facts are numbers by the name of the family, without its prefix, that podometer publishes them in. What is not known
// is not in it.
type facts map[string]float64

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (g cgroup) read(t *testing.T, file string) string {
	t.Helper()
	return read(t, filepath.Join(string(g), file))
}

// flat reads a file of lines of "KEY NUMBER".
func (g cgroup) flat(t *testing.T, file string) map[string]float64 {
	t.Helper()
	values := make(map[string]float64)
	for line := range strings.Lines(g.read(t, file)) {
		key, value, _ := strings.Cut(line, " ")
		values[key] = number(t, value)
	}
	return values
}

// facts reads what the kernel knows of the cgroup.
func (g cgroup) facts(t *testing.T) facts {
	t.Helper()
	f := make(facts)
	g.cpu(t, f)
	g.memory(t, f)
	g.processes(t, f)
	for _, resource := range []string{"cpu", "memory", "io"} {
		pressure(t, filepath.Join(string(g), resource+".pressure"), "container_pressure_"+resource, f)
	}
	return f
}

func (g cgroup) cpu(t *testing.T, f facts) {
	t.Helper()
	stat := g.flat(t, "cpu.stat")
	f["container_cpu_usage_seconds_total"] = stat["usage_usec"] / 1e6
	quota := strings.Fields(g.read(t, "cpu.max"))
	if quota[0] == "max" {
		return
	}
	f["container_cpu_limit_cores"] = number(t, quota[0]) / number(t, quota[1])
	f["container_cpu_periods_total"] = stat["nr_periods"]
	f["container_cpu_throttled_periods_total"] = stat["nr_throttled"]
	f["container_cpu_throttled_seconds_total"] = stat["throttled_usec"] / 1e6
}

func (g cgroup) memory(t *testing.T, f facts) {
	t.Helper()
	usage, stat, events := number(t, g.read(t, "memory.current")), g.flat(t, "memory.stat"), g.flat(t, "memory.events")
	f["container_memory_working_set_bytes"] = max(0, usage-stat["inactive_file"])
	f["container_memory_anon_bytes"] = stat["anon"]
	f["container_memory_file_bytes"] = stat["file"]
	f["container_memory_swap_bytes"] = number(t, g.read(t, "memory.swap.current"))
	f["container_memory_oom_kills_total"] = events["oom_kill"]
	f["container_memory_limit_hits_total"] = events["max"]
	if limit := g.read(t, "memory.max"); limit != "max\n" {
		f["container_memory_limit_bytes"] = number(t, limit)
	}
}

// processes counts them and tells when the oldest was started, by the calendar and by its running time.
func (g cgroup) processes(t *testing.T, f facts) {
	t.Helper()
	pids := g.pids(t)
	f["container_processes"] = float64(len(pids))
	started := math.Inf(1)
	for _, pid := range pids {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			continue // it has ended
		}
		_, afterName, _ := strings.Cut(string(stat), ") ")
		const starttime = 22 - 3 // proc(5) counts from 1, the field after the name is the third
		started = min(started, number(t, strings.Fields(afterName)[starttime])/100)
	}
	uptime := number(t, strings.Fields(read(t, "/proc/uptime"))[0])
	f["container_start_timestamp_seconds"] = machineStat(t)["btime"][0] + started
	f["container_running_seconds_total"] = uptime - started
}

// pressure adds the totals of a pressure file, which are microseconds.
func pressure(t *testing.T, path, family string, f facts) {
	t.Helper()
	for line := range strings.Lines(read(t, path)) {
		kind, rest, _ := strings.Cut(line, " ")
		_, total, _ := strings.Cut(rest, "total=")
		name := map[string]string{"some": "waiting", "full": "stalled"}[kind]
		f[family+"_"+name+"_seconds_total"] = number(t, total) / 1e6
	}
}

// machineFacts reads what the kernel knows of the whole machine.
func machineFacts(t *testing.T) facts {
	t.Helper()
	stat, f := machineStat(t), make(facts)
	f["node_boot_timestamp_seconds"] = stat["btime"][0]
	for key := range stat {
		if strings.HasPrefix(key, "cpu") && key != "cpu" {
			f["node_capacity_cpu_cores"]++
		}
	}
	cpu := stat["cpu"] // user, nice, system, idle, iowait, irq, softirq
	f["node_cpu_usage_seconds_total"] = (cpu[0] + cpu[1] + cpu[2] + cpu[5] + cpu[6]) / 100
	memory := make(map[string]float64)
	for line := range strings.Lines(read(t, "/proc/meminfo")) {
		fields := strings.Fields(line)
		memory[fields[0]] = number(t, fields[1]) * 1024
	}
	f["node_capacity_memory_bytes"] = memory["MemTotal:"]
	f["node_memory_working_set_bytes"] = memory["MemTotal:"] - memory["MemFree:"] - memory["Inactive(file):"]
	for _, resource := range []string{"cpu", "memory", "io"} {
		pressure(t, "/proc/pressure/"+resource, "node_pressure_"+resource, f)
	}
	delete(f, "node_pressure_cpu_stalled_seconds_total") // the kernel writes 0: for a whole machine it is not defined
	return f
}

// machineStat reads the numbers of /proc/stat by the first word of their lines.
func machineStat(t *testing.T) map[string][]float64 {
	t.Helper()
	values := make(map[string][]float64)
	for line := range strings.Lines(read(t, "/proc/stat")) {
		fields := strings.Fields(line)
		for _, field := range fields[1:] {
			values[fields[0]] = append(values[fields[0]], number(t, field))
		}
	}
	return values
}
