package prometheus_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What the fixture's machine has. Its containers run in process appPID, its service in webPID.
const (
	bootTime  = 1700000000
	appPID    = 4242
	webPID    = 4343
	appTicks  = 100000 // of 10 ms, after which the app started
	upSeconds = 5000
	kiB       = 1 << 10
	miB       = 1 << 20
)

// fixture is a made-up machine: directories that look like cgroup v2 and /proc. Every figure of its container that
// can change is a multiple of round, which work raises.
type fixture struct {
	cgroups, proc string
	container     string
	round         int
}

// newFixture makes a machine with the same container twice, as Docker's two drivers lay it out, a systemd service, and
// a container that has stopped.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{cgroups: t.TempDir(), proc: t.TempDir(), container: strings.Repeat("0123456789abcdef", 4), round: 1}
	write(t, f.cgroups, "cgroup.controllers", "cpuset cpu io memory pids\n")
	f.writeContainers(t)
	write(t, f.cgroups, "docker/"+strings.Repeat("e", 64)+"/cgroup.procs", "")
	service := filepath.Join(f.cgroups, "system.slice", "web.service")
	f.writeCgroup(t, service)
	write(t, service, "cgroup.procs", fmt.Sprintln(webPID))
	f.writeProc(t)
	return f
}

func (f *fixture) flags() []string {
	return []string{"--host.cgroup-root=" + f.cgroups, "--host.proc-root=" + f.proc, "--collector.container_detail"}
}

func (f *fixture) id() string { return f.container }

func (f *fixture) work(t *testing.T) {
	t.Helper()
	f.round++
	f.writeContainers(t)
}

func (f *fixture) writeContainers(t *testing.T) {
	t.Helper()
	f.writeCgroup(t, filepath.Join(f.cgroups, "docker", f.container))
	f.writeCgroup(t, filepath.Join(f.cgroups, "system.slice", "docker-"+strings.Repeat("fedcba9876543210", 4)+".scope"))
}

// writeCgroup writes the files of one cgroup. Those that the figures of later rounds depend on are never half written.
func (f *fixture) writeCgroup(t *testing.T, dir string) {
	t.Helper()
	n := f.round
	write(t, dir, "cgroup.procs", fmt.Sprintln(appPID))
	write(t, dir, "cpu.max", fmt.Sprintf("%d 100000\n", n*25000))
	write(t, dir, "memory.current", fmt.Sprintln(n*96*miB))
	write(t, dir, "memory.max", fmt.Sprintln(n*256*miB))
	write(t, dir, "memory.swap.current", fmt.Sprintln(n*3*miB))
	write(t, dir, "memory.events", fmt.Sprintf("low 0\nhigh 0\nmax %d\noom %d\noom_kill %d\noom_group_kill 0\n", n*7, n*2, n*5))
	write(t, dir, "memory.stat", fmt.Sprintf("anon %d\nfile %d\nkernel 4096\ninactive_anon 0\nactive_anon %d\ninactive_file %d\nactive_file %d\n",
		n*40*miB, n*50*miB, n*40*miB, n*32*miB, n*18*miB))
	for resource, total := range map[string]int{"cpu": 10, "memory": 20, "io": 30} {
		write(t, dir, resource+".pressure", pressure(n*total*1e6+1, n*total*1e5+1))
	}
	write(t, dir, "cpu.stat", fmt.Sprintf("usage_usec %d\nuser_usec %d\nsystem_usec %d\nnr_periods %d\nnr_throttled %d\nthrottled_usec %d\n",
		n*500_001, n*300_000, n*200_001, n*1000, n*300, n*4_500_000))
}

func (f *fixture) figures() (map[string]float64, error) {
	n := float64(f.round)
	return map[string]float64{
		usage: n * 0.500001, "container_cpu_user_seconds_total": n * 0.3, "container_cpu_system_seconds_total": n * 0.200001,
		"container_cpu_periods_total": n * 1000, "container_cpu_throttled_periods_total": n * 300,
		"container_cpu_throttled_seconds_total": n * 4.5, "container_cpu_limit_cores": n * 0.25,
		cores:                                             0, // it stands still
		"container_memory_working_set_bytes":              n * (96 - 32) * miB,
		"container_memory_usage_bytes":                    n * 96 * miB,
		"container_memory_anon_bytes":                     n * 40 * miB,
		"container_memory_file_bytes":                     n * 50 * miB,
		"container_memory_swap_bytes":                     n * 3 * miB,
		"container_memory_limit_bytes":                    n * 256 * miB,
		"container_memory_limit_hits_total":               n * 7,
		"container_memory_oom_kills_total":                n * 5,
		"container_pressure_cpu_waiting_seconds_total":    n*10 + 1e-6,
		"container_pressure_cpu_stalled_seconds_total":    n*1 + 1e-6,
		"container_pressure_memory_waiting_seconds_total": n*20 + 1e-6,
		"container_pressure_memory_stalled_seconds_total": n*2 + 1e-6,
		"container_pressure_io_waiting_seconds_total":     n*30 + 1e-6,
		"container_pressure_io_stalled_seconds_total":     n*3 + 1e-6,
		"container_processes":                             1,
		started:                                           bootTime + appTicks/100,
	}, nil
}

// writeProc writes what podometer reads of /proc. The counters of its CPUs are in ticks of 10 ms.
func (f *fixture) writeProc(t *testing.T) {
	t.Helper()
	write(t, f.proc, "uptime", fmt.Sprintf("%d.00 9000.00\n", upSeconds))
	write(t, f.proc, "stat", fmt.Sprintf("cpu  1000 200 300 80000 4000 50 60 70 80 90\ncpu0 500 100 150 40000 2000 25 30 35 40 45\n"+
		"cpu1 500 100 150 40000 2000 25 30 35 40 45\nintr 1 0\nctxt 1\nbtime %d\nprocesses 9\nprocs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n", bootTime))
	write(t, f.proc, "meminfo", "MemTotal: 8388608 kB\nMemFree: 2097152 kB\nMemAvailable: 4194304 kB\nInactive(file): 1048576 kB\n")
	for _, resource := range []string{"cpu", "memory", "io"} {
		write(t, f.proc, "pressure/"+resource, pressure(12_000_000, 6_000_000))
	}
	for pid, name := range map[int]string{appPID: "app (1) ", webPID: "web"} {
		write(t, f.proc, strconv.Itoa(pid)+"/stat", fmt.Sprintf("%d (%s) S 1 1 1 0 -1 4194304 1 0 0 0 5 5 0 0 20 0 1 0 %d%s\n",
			pid, name, appTicks, strings.Repeat(" 0", 30)))
	}
}

// nodeFigures are what podometer must say of the machine: families without their prefix.
func nodeFigures() map[string]float64 {
	return map[string]float64{
		"node_capacity_cpu_cores": 2, "node_capacity_memory_bytes": 8192 * miB,
		"node_boot_timestamp_seconds": bootTime, "node_cpu_usage_cores": 0,
		"node_cpu_usage_seconds_total":               (1000 + 200 + 300 + 50 + 60) / 100.0,
		"node_memory_working_set_bytes":              (8192 - 2048 - 1024) * miB,
		"node_pressure_cpu_waiting_seconds_total":    12,
		"node_pressure_memory_waiting_seconds_total": 12, "node_pressure_memory_stalled_seconds_total": 6,
		"node_pressure_io_waiting_seconds_total": 12, "node_pressure_io_stalled_seconds_total": 6,
	}
}

func pressure(some, full int) string {
	return fmt.Sprintf("some avg10=0.00 avg60=0.00 avg300=0.00 total=%d\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=%d\n", some, full)
}

// write replaces a file as a whole, as the kernel's files are: who reads it sees the old content or the new one.
func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}
