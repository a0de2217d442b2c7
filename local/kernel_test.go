package local

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/podometer/podometer/cluster"
)

// kernel is a tree of plain files that looks like the cgroups and the /proc of a machine.
type kernel struct {
	t    testing.TB
	root string
}

// Moments of the fake machine: it started at booted, and it is uptime seconds later now.
const (
	booted = 1_700_000_000
	uptime = 5000.25
)

func newKernel(t testing.TB) *kernel {
	k := &kernel{t: t, root: t.TempDir()}
	k.write("proc/stat", fmt.Sprintf("cpu  1000 200 300 40000 500 60 70 80 90 10\ncpu0 500 100 150 20000 250 30 35 40 45 5\n"+
		"cpu1 500 100 150 20000 250 30 35 40 45 5\nintr 1 2 3\nctxt 4\nbtime %d\nprocesses 5\nprocs_running 1\nprocs_blocked 0\nsoftirq 1 2 3 4 5 6 7 8 9 10 11\n", booted))
	k.write("proc/meminfo", "MemTotal:        8000000 kB\nMemFree:         3000000 kB\nInactive(file):  1000000 kB\n")
	k.write("proc/uptime", "5000.25 9000.00\n")
	k.write("proc/sys/kernel/hostname", "box\n")
	return k
}

// newKernelV2 has one hierarchy, v2.
func newKernelV2(t testing.TB) *kernel {
	k := newKernel(t)
	k.write("cgroup/cgroup.controllers", "cpu io memory pids\n")
	return k
}

// newKernelV1 has a hierarchy for each controller and systemd's, of which cpu and cpuacct are one.
func newKernelV1(t testing.TB) *kernel {
	k := newKernel(t)
	for _, controller := range []string{"cpu,cpuacct", "memory", "pids", "systemd"} {
		k.mkdir("cgroup/" + controller)
	}
	for _, link := range []string{"cpu", "cpuacct"} {
		k.must(os.Symlink("cpu,cpuacct", k.path("cgroup/"+link)))
	}
	return k
}

func (k *kernel) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *kernel) path(name string) string { return filepath.Join(k.root, name) }

func (k *kernel) mkdir(name string) { k.t.Helper(); k.must(os.MkdirAll(k.path(name), 0o755)) }

func (k *kernel) write(name, content string) {
	k.t.Helper()
	k.mkdir(filepath.Dir(name))
	k.must(os.WriteFile(k.path(name), []byte(content), 0o644))
}

func (k *kernel) read(name string) string {
	k.t.Helper()
	data, err := os.ReadFile(k.path(name))
	k.must(err)
	return string(data)
}

func (k *kernel) remove(name string) { k.t.Helper(); k.must(os.RemoveAll(k.path(name))) }

// process makes a process that started the given number of ticks after the machine did.
func (k *kernel) process(pid, ticks int) string {
	k.t.Helper()
	fields := "S 1 1 1 0 -1 4194304 100 0 0 0 5 5 0 0 20 0 1 0 " + fmt.Sprint(ticks) + strings.Repeat(" 0", 30)
	k.write(fmt.Sprintf("proc/%d/stat", pid), fmt.Sprintf("%d (a (b) c) %s\n", pid, fields))
	return fmt.Sprintf("%d\n", pid)
}

// cgroup2 makes a v2 cgroup with a quota of half a core, a limit of 1 GiB and one process. Every number in it is
// another multiple of n, so that no mix-up goes unseen.
func (k *kernel) cgroup2(path string, n int) {
	k.t.Helper()
	dir := "cgroup" + path + "/"
	k.write(dir+"cgroup.procs", k.process(1000+n, 100*n))
	k.write(dir+"cpu.stat", fmt.Sprintf("usage_usec %d\nuser_usec %d\nsystem_usec %d\ncore_sched.force_idle_usec 0\nnr_periods %d\nnr_throttled %d\nthrottled_usec %d\nnr_bursts 0\nburst_usec 0\n",
		n*1_000_000, n*700_000, n*300_000, n*50, n*20, n*250_000))
	k.write(dir+"cpu.max", "50000 100000\n")
	k.write(dir+"memory.current", fmt.Sprintln(n*1000))
	k.write(dir+"memory.stat", fmt.Sprintf("anon %d\nfile %d\nkernel %d\ninactive_anon 1\nactive_anon 2\ninactive_file %d\nactive_file 3\n", n*500, n*400, n*100, n*300))
	k.write(dir+"memory.max", "1073741824\n")
	k.write(dir+"memory.swap.current", fmt.Sprintln(n*10))
	k.write(dir+"memory.events", fmt.Sprintf("low 0\nhigh 0\nmax %d\noom 0\noom_kill %d\noom_group_kill 0\n", n*7, n*2))
	for i, resource := range []string{"cpu", "memory", "io"} {
		k.write(dir+resource+".pressure", fmt.Sprintf("some avg10=0.00 avg60=0.00 avg300=0.00 total=%d\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=%d\n",
			n*(i+2)*1_000_000, n*(i+2)*500_000))
	}
}

// cgroup1 makes a v1 cgroup like those of cgroup2, in every hierarchy.
func (k *kernel) cgroup1(path string, n int) {
	k.t.Helper()
	procs := k.process(1000+n, 100*n)
	for _, controller := range []string{"cpu,cpuacct", "memory", "pids", "systemd"} {
		k.write("cgroup/"+controller+path+"/cgroup.procs", procs)
	}
	cpu, memory := "cgroup/cpu,cpuacct"+path+"/", "cgroup/memory"+path+"/"
	k.write(cpu+"cpuacct.usage", fmt.Sprintln(n*1_000_000_000))
	k.write(cpu+"cpuacct.stat", fmt.Sprintf("user %d\nsystem %d\n", n*70, n*30))
	k.write(cpu+"cpu.stat", fmt.Sprintf("nr_periods %d\nnr_throttled %d\nthrottled_time %d\n", n*50, n*20, n*250_000_000))
	k.write(cpu+"cpu.cfs_quota_us", "50000\n")
	k.write(cpu+"cpu.cfs_period_us", "100000\n")
	k.write(memory+"memory.usage_in_bytes", fmt.Sprintln(n*1000))
	k.write(memory+"memory.stat", fmt.Sprintf("cache 1\nrss 2\ninactive_file 3\nswap 4\nhierarchical_memory_limit 5\ntotal_cache %d\ntotal_rss %d\ntotal_inactive_file %d\ntotal_swap %d\n", n*400, n*500, n*300, n*10))
	k.write(memory+"memory.limit_in_bytes", "1073741824\n")
	k.write(memory+"memory.failcnt", fmt.Sprintln(n*3))
	k.write(memory+"memory.memsw.failcnt", fmt.Sprintln(n*4))
	k.write(memory+"memory.oom_control", fmt.Sprintf("oom_kill_disable 0\nunder_oom 0\noom_kill %d\n", n*2))
	k.write("cgroup/pids"+path+"/pids.current", "3\n")
}

// source returns a source of the fake machine that asks no engine.
func (k *kernel) source(with ...func(*Config)) *Source {
	k.t.Helper()
	config := Config{CgroupRoot: k.path("cgroup"), ProcRoot: k.path("proc"), Interval: time.Minute, MaxAge: time.Hour}
	for _, set := range with {
		set(&config)
	}
	s, err := New(config, slog.New(slog.DiscardHandler))
	k.must(err)
	return s
}

// picture takes one picture and returns it: the usage by namespace/container.
func picture(t testing.TB, s *Source, store *cluster.Store) map[string]*cluster.Usage {
	t.Helper()
	s.refresh(t.Context(), store)
	rows := map[string]*cluster.Usage{}
	for _, u := range store.Snapshot().Usage {
		name := u.Namespace + "/" + u.Container
		if rows[name] != nil {
			name += "/" + u.WorkloadType
		}
		if rows[name] != nil {
			t.Fatalf("%s is there twice", name)
		}
		rows[name] = u
	}
	return rows
}

// id returns a container id that begins with the given hexadecimal digits.
func id(digits string) string { return digits + strings.Repeat("0", 64-len(digits)) }

func wantValue(t testing.TB, name string, got cluster.Value, want float64) {
	t.Helper()
	if v, ok := got.Get(); !ok || v != want {
		t.Errorf("%s = %v (known: %t), want %v", name, v, ok, want)
	}
}

func wantMissing(t testing.TB, name string, got cluster.Value) {
	t.Helper()
	if v, ok := got.Get(); ok {
		t.Errorf("%s = %v, want it missing", name, v)
	}
}

func wantErrors(t testing.TB, s *Source, reason string, want uint64) {
	t.Helper()
	if got := s.Status().Errors[reason]; got != want {
		t.Errorf("errors with reason %s: %d, want %d (%v)", reason, got, want, s.Status().Errors)
	}
}
