package local

import (
	"testing"
	"time"

	"github.com/podometer/podometer/cluster"
)

// many is the number of containers that figures are given for.
const many = 500

func kernelWithMany(t testing.TB) *kernel {
	k := newKernelV2(t)
	for i := range many {
		k.cgroup2("/system.slice/docker-"+id(hex(i+1))+".scope", i+1)
	}
	return k
}

// BenchmarkRefresh takes a picture of 500 containers with all v2 files, in the steady state.
func BenchmarkRefresh(b *testing.B) {
	s, store := kernelWithMany(b).source(), &cluster.Store{}
	s.refresh(b.Context(), store)
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		s.refresh(b.Context(), store)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/many, "µs/container")
}

// What a refresh allocates does not depend on the machine, so it is a promise and not a figure.
func TestRefreshAllocations(t *testing.T) {
	s, store := kernelWithMany(t).source(), &cluster.Store{}
	s.refresh(t.Context(), store)
	perContainer := testing.AllocsPerRun(5, func() { s.refresh(t.Context(), store) }) / many
	if perContainer > 20 {
		t.Errorf("%.1f allocations for each container, want at most 20", perContainer)
	}
	t.Logf("%.1f allocations for each container", perContainer)
}

func TestReadAllocatesNothing(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	dir := k.path("cgroup/docker/" + id("a1"))
	stats := statistics{reader: newReader(), fail: func(err error) { t.Error(err) }}
	c := controllers{unified: dir}
	got := testing.AllocsPerRun(100, func() {
		stats.cpu(c)
		stats.memory(c)
		stats.pressure(c)
	})
	if got != 0 {
		t.Errorf("%v allocations to read the ten files of a container, want none", got)
	}
}

// Reading must not get slower than linear in the number of processes and must keep within its buffer.
func TestManyProcesses(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	list := make([]byte, 0, 60_000)
	for range 10_000 {
		list = append(list, "99999\n"...)
	}
	k.write("cgroup/docker/"+id("a1")+"/cgroup.procs", string(list)+"1001\n")
	u := picture(t, k.source(), &cluster.Store{})["/a10000000000"]
	wantValue(t, "processes", u.Processes, 10_001)
	if want := time.Unix(booted+1, 0); !u.Started.Equal(want) {
		t.Errorf("started %s, want %s: the only process that can be read", u.Started, want)
	}
}
