package local

import (
	"strings"
	"testing"
	"time"

	"github.com/podometer/podometer/cluster"
)

// wantNumbers checks what kernel.cgroup1 and cgroup2 write for n.
func wantNumbers(t *testing.T, u *cluster.Usage, n float64) {
	t.Helper()
	wantValue(t, "usage seconds", u.CPU.UsageSeconds, n)
	wantValue(t, "user seconds", u.CPU.UserSeconds, n*7/10)
	wantValue(t, "system seconds", u.CPU.SystemSeconds, n*3/10)
	wantValue(t, "periods", u.CPU.Periods, n*50)
	wantValue(t, "throttled periods", u.CPU.ThrottledPeriods, n*20)
	wantValue(t, "throttled seconds", u.CPU.ThrottledSeconds, n/4)
	wantValue(t, "cpu limit", u.CPU.LimitCores, 0.5)
	wantMissing(t, "cores of a first sample", u.CPU.UsageCores)
	wantValue(t, "memory usage", u.Memory.Usage, n*1000)
	wantValue(t, "working set", u.Memory.WorkingSet, n*700)
	wantValue(t, "anon", u.Memory.Anon, n*500)
	wantValue(t, "file", u.Memory.File, n*400)
	wantValue(t, "swap", u.Memory.Swap, n*10)
	wantValue(t, "memory limit", u.Memory.Limit, 1<<30)
	wantValue(t, "oom kills", u.Memory.OOMKills, n*2)
	wantValue(t, "limit hits", u.Memory.LimitHits, n*7)
	wantValue(t, "processes", u.Processes, 1)
	if want := time.Unix(booted, 0).Add(time.Duration(n) * time.Second); !u.Started.Equal(want) {
		t.Errorf("started %s, want %s", u.Started, want)
	}
	if v, ok := u.RunningSeconds.Get(); !ok || v < uptime-n || v > uptime-n+60 {
		t.Errorf("running %v, want little over %v", v, uptime-n)
	}
}

func TestNumbersV2(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 30)
	u := picture(t, k.source(), &cluster.Store{})["/a10000000000"]
	wantNumbers(t, u, 30)
	if u.ID != id("a1") {
		t.Errorf("id %q", u.ID)
	}
	for i, stall := range []cluster.Stall{u.Pressure.CPU, u.Pressure.Memory, u.Pressure.IO} {
		wantValue(t, "waiting", stall.Waiting, float64(30*(i+2)))
		wantValue(t, "stalled", stall.Stalled, float64(15*(i+2)))
	}
}

func TestNumbersV1(t *testing.T) {
	k := newKernelV1(t)
	k.cgroup1("/docker/"+id("a1"), 30)
	u := picture(t, k.source(), &cluster.Store{})["/a10000000000"]
	wantNumbers(t, u, 30)
	if u.Pressure != (cluster.Pressure{}) {
		t.Error("cgroup v1 has no pressure, want it missing")
	}
}

// On a hybrid layout v1 keeps the controllers, v2 has pressure and counts CPU for every cgroup.
func TestNumbersHybrid(t *testing.T) {
	k := newKernelV1(t)
	k.write("cgroup/unified/cgroup.controllers", "")
	k.cgroup1("/system.slice/a.service", 30)
	k.remove("cgroup/cpu,cpuacct/system.slice")
	k.write("cgroup/unified/system.slice/a.service/cpu.stat", "usage_usec 30000000\nuser_usec 21000000\nsystem_usec 9000000\n")
	k.write("cgroup/unified/system.slice/a.service/io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
	u := picture(t, k.source(), &cluster.Store{})["system.slice/a.service"]
	wantValue(t, "usage seconds", u.CPU.UsageSeconds, 30)
	wantValue(t, "working set", u.Memory.WorkingSet, 21000)
	wantValue(t, "io waiting", u.Pressure.IO.Waiting, 1.5)
	wantValue(t, "io stalled", u.Pressure.IO.Stalled, 0)
	wantMissing(t, "cpu waiting", u.Pressure.CPU.Waiting)
}

func TestMissingIsNotZero(t *testing.T) {
	k := newKernelV2(t)
	dir := "cgroup/docker/" + id("a1") + "/"
	k.write(dir+"cgroup.procs", "0\n0\n") // of a pid namespace we can't see into
	k.write(dir+"cpu.stat", "usage_usec 1\nuser_usec 1\nsystem_usec 0\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n")
	k.write(dir+"cpu.max", "max 100000\n")
	k.write(dir+"memory.current", "100\n")
	k.write(dir+"memory.max", "max\n")
	u := picture(t, k.source(), &cluster.Store{})["/a10000000000"]
	wantValue(t, "usage", u.CPU.UsageSeconds, 1e-6)
	wantValue(t, "processes", u.Processes, 2)
	for name, v := range map[string]cluster.Value{
		"periods without a quota": u.CPU.Periods, "throttled periods": u.CPU.ThrottledPeriods, "throttled seconds": u.CPU.ThrottledSeconds,
		"cpu limit": u.CPU.LimitCores, "working set without memory.stat": u.Memory.WorkingSet, "anon": u.Memory.Anon, "swap": u.Memory.Swap,
		"memory limit": u.Memory.Limit, "oom kills": u.Memory.OOMKills, "pressure": u.Pressure.CPU.Waiting,
	} {
		wantMissing(t, name, v)
	}
	if u.Started.Before(time.Unix(booted, 0)) {
		t.Errorf("started %s, want the age of the cgroup", u.Started)
	}
}

// An unlimited cgroup of v1 has the largest number of whole pages as its limit, whatever a page is.
func TestUnlimitedV1(t *testing.T) {
	for _, text := range []string{"9223372036854771712\n", "9223372036854710272\n"} {
		if v, err := parseLimit([]byte(text)); err != nil || v.IsKnown() {
			t.Errorf("%s: %v, %v, want missing", text, v, err)
		}
	}
	k := newKernelV1(t)
	k.cgroup1("/docker/"+id("a1"), 2)
	k.write("cgroup/cpu,cpuacct/docker/"+id("a1")+"/cpu.cfs_quota_us", "-1\n")
	k.write("cgroup/cpu,cpuacct/docker/"+id("a1")+"/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n")
	u := picture(t, k.source(), &cluster.Store{})["/a10000000000"]
	wantMissing(t, "limit", u.CPU.LimitCores)
	wantMissing(t, "periods", u.CPU.Periods)
}

// Cgroup v1 lists no processes of other pid namespaces: the number is missing, the container is not.
func TestHiddenProcessesV1(t *testing.T) {
	k := newKernelV1(t)
	k.cgroup1("/docker/"+id("a1"), 2)
	k.cgroup1("/docker/"+id("a2"), 3)
	for _, controller := range []string{"systemd", "memory"} {
		k.write("cgroup/"+controller+"/docker/"+id("a1")+"/cgroup.procs", "")
		k.write("cgroup/"+controller+"/docker/"+id("a2")+"/cgroup.procs", "")
	}
	k.write("cgroup/pids/docker/"+id("a2")+"/pids.current", "0\n")
	rows := picture(t, k.source(), &cluster.Store{})
	if len(rows) != 1 {
		t.Fatalf("%d containers, want the one with tasks in it", len(rows))
	}
	wantMissing(t, "processes", rows["/a10000000000"].Processes)
	wantValue(t, "usage", rows["/a10000000000"].CPU.UsageSeconds, 2)
}

func TestNode(t *testing.T) {
	k := newKernelV2(t)
	k.write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
	k.write("proc/pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\n")
	store := &cluster.Store{}
	s := k.source()
	picture(t, s, store)
	node, usage := store.Snapshot().Nodes[0], store.Snapshot().NodeUsage[0]
	if node.Name != "box" || node.Pool != "default" || usage.Name != "box" || usage.Pool != "default" || !node.Booted.Equal(time.Unix(booted, 0)) {
		t.Errorf("node %+v, usage %+v", node, usage)
	}
	wantValue(t, "cores", node.CapacityCPUCores, 2)
	wantValue(t, "memory", node.CapacityMemoryBytes, 8000000*1024)
	wantValue(t, "cpu", usage.CPUSeconds, 16.3)
	wantValue(t, "working set", usage.WorkingSetMemory, 4000000*1024)
	wantValue(t, "cpu waiting", usage.Pressure.CPU.Waiting, 1)
	wantMissing(t, "cpu stalled, which no kernel defines for a machine", usage.Pressure.CPU.Stalled)
	wantValue(t, "io stalled", usage.Pressure.IO.Stalled, 2)
	wantMissing(t, "memory waiting", usage.Pressure.Memory.Waiting)
	wantErrors(t, s, reasonParse, 0)
	wantErrors(t, s, reasonRead, 0)
}

// The kernel counts starts in ticks of 10 ms. None of them may come out a millisecond short.
func TestStartIsExact(t *testing.T) {
	c := clock{booted: time.Unix(booted, 0)}
	for tick := range 100_000 {
		want := c.booted.Add(time.Duration(tick) * 10 * time.Millisecond)
		if got := c.at(float64(tick) / userHZ); !got.Equal(want) {
			t.Fatalf("tick %d is %s, want %s", tick, got, want)
		}
	}
}

// A kernel file with garbage in it costs what it would have told, is counted, and nothing else.
func TestGarbage(t *testing.T) {
	const garbage = "garbage\x00\xff 12x\n"
	for _, c := range []struct {
		file    string
		missing func(*cluster.Usage) cluster.Value
	}{
		{"cpu.stat", func(u *cluster.Usage) cluster.Value { return u.CPU.UsageSeconds }},
		{"cpu.max", func(u *cluster.Usage) cluster.Value { return u.CPU.LimitCores }},
		{"memory.current", func(u *cluster.Usage) cluster.Value { return u.Memory.WorkingSet }},
		{"memory.stat", func(u *cluster.Usage) cluster.Value { return u.Memory.WorkingSet }},
		{"memory.max", func(u *cluster.Usage) cluster.Value { return u.Memory.Limit }},
		{"memory.swap.current", func(u *cluster.Usage) cluster.Value { return u.Memory.Swap }},
		{"memory.events", func(u *cluster.Usage) cluster.Value { return u.Memory.OOMKills }},
		{"cpu.pressure", func(u *cluster.Usage) cluster.Value { return u.Pressure.CPU.Waiting }},
	} {
		for reason, content := range map[string]string{reasonParse: garbage, reasonTooLarge: strings.Repeat("x", maxFile+1)} {
			k := newKernelV2(t)
			k.cgroup2("/docker/"+id("a1"), 1)
			k.cgroup2("/docker/"+id("a2"), 2)
			k.write("cgroup/docker/"+id("a1")+"/"+c.file, content)
			s := k.source()
			rows := picture(t, s, &cluster.Store{})
			if rows["/a10000000000"] == nil || rows["/a20000000000"] == nil {
				t.Fatalf("%s: a container is missing", c.file)
			}
			wantMissing(t, c.file, c.missing(rows["/a10000000000"]))
			wantNumbers(t, rows["/a20000000000"], 2)
			wantErrors(t, s, reason, 1)
		}
	}
}

// A file that turns malformed half way tells nothing at all.
func TestMalformedFileTellsNothing(t *testing.T) {
	var cpu cluster.CPUUsage
	if err := parseCPUStat([]byte("usage_usec 5\nuser_usec x\n"), &cpu); err == nil || cpu != (cluster.CPUUsage{}) {
		t.Errorf("cpu.stat: %v, %+v", err, cpu)
	}
	var memory cluster.MemoryUsage
	if err := parseMemoryEvents([]byte("max 5\noom_kill\n"), &memory); err == nil || memory != (cluster.MemoryUsage{}) {
		t.Errorf("memory.events: %v, %+v", err, memory)
	}
	if stat, err := parseMemoryStat([]byte("anon 5\nfile -1\n")); err == nil || stat != (memoryStat{}) {
		t.Errorf("memory.stat: %v, %+v", err, stat)
	}
}

// Usage and cache come from two files: for a moment the cache may be the larger one.
func TestWorkingSetIsNeverNegative(t *testing.T) {
	wantValue(t, "working set", workingSet(cluster.Known(5), cluster.Known(6)), 0)
	wantMissing(t, "working set of unknown usage", workingSet(cluster.Value{}, cluster.Known(6)))
	wantMissing(t, "working set with unknown cache", workingSet(cluster.Known(5), cluster.Value{}))
}

func TestUnreadableFile(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	k.remove("cgroup/docker/" + id("a1") + "/memory.stat")
	k.mkdir("cgroup/docker/" + id("a1") + "/memory.stat") // reading a directory fails, for root too
	s := k.source()
	u := picture(t, s, &cluster.Store{})["/a10000000000"]
	wantMissing(t, "working set", u.Memory.WorkingSet)
	wantValue(t, "usage", u.CPU.UsageSeconds, 1)
	wantErrors(t, s, reasonRead, 1)
}

func TestBrokenProc(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	for _, file := range []string{"stat", "meminfo", "uptime"} {
		k.write("proc/"+file, "cpu  x y z\nMemTotal: much\n")
	}
	s := k.source()
	store := &cluster.Store{}
	u := picture(t, s, store)["/a10000000000"]
	wantValue(t, "usage", u.CPU.UsageSeconds, 1)
	wantMissing(t, "running time", u.RunningSeconds)
	wantMissing(t, "node cpu", store.Snapshot().NodeUsage[0].CPUSeconds)
	wantErrors(t, s, reasonParse, 3)
	if err := s.Ready(); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

// When the root goes away the last picture stays, and the source says so.
func TestRootGone(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	s, store := k.source(), &cluster.Store{}
	picture(t, s, store)
	k.remove("cgroup")
	if rows := picture(t, s, store); len(rows) != 1 {
		t.Errorf("%d containers, want the last picture", len(rows))
	}
	if status := s.Status(); status.Up || status.Covered != 0 || status.Expected != 1 || !strings.Contains(status.Problem, "no such file") {
		t.Errorf("status %+v", status)
	}
	wantErrors(t, s, reasonRead, 1)
	k.cgroup2("/docker/"+id("a1"), 1)
	k.write("cgroup/cgroup.controllers", "")
	picture(t, s, store)
	if status := s.Status(); !status.Up || status.Problem != "" {
		t.Errorf("status %+v, want it up again", status)
	}
}

func TestImpossibleRate(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	s, store := k.source(), &cluster.Store{}
	picture(t, s, store)
	k.cgroup2("/docker/"+id("a1"), 1_000_000)
	wantMissing(t, "cores", picture(t, s, store)["/a10000000000"].CPU.UsageCores)
	wantErrors(t, s, reasonImpossibleRate, 1)
}
