package local

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/podometer/podometer/cluster"
)

const webName, webPath = "/a10000000000", "/docker/a100000000000000000000000000000000000000000000000000000000000000"

// at sets the fake machine's clock.
func (k *kernel) at(seconds float64) { k.write("proc/uptime", fmt.Sprintf("%.2f 1.00\n", seconds)) }

// restart replaces the cgroup by a new one of the same name, as a runtime does.
func (k *kernel) restart(path string, n int) {
	k.t.Helper()
	k.cgroup2("/.new", n)
	k.remove("cgroup" + path)
	k.must(os.Rename(k.path("cgroup/.new"), k.path("cgroup"+path)))
}

func wantAbout(t *testing.T, what string, got cluster.Value, want float64) {
	t.Helper()
	// A picture of the fake machine takes a moment of the real clock, which its uptime then includes.
	if v, ok := got.Get(); !ok || v < want-0.01 || v > want+30 {
		t.Errorf("%s = %v (known: %t), want %v", what, v, ok, want)
	}
}

func TestRestartCountsOn(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2(webPath, 10) // its process started at 10 s
	k.at(1010)
	s, store := k.source(), &cluster.Store{}
	wantAbout(t, "running", picture(t, s, store)[webName].RunningSeconds, 1000)

	k.restart(webPath, 2000)
	k.at(2500)
	u := picture(t, s, store)[webName]
	wantAbout(t, "running after a restart", u.RunningSeconds, 1000+500)
	wantValue(t, "usage of the new instance", u.CPU.UsageSeconds, 2000)
	wantMissing(t, "cores across instances", u.CPU.UsageCores)
	if want := time.Unix(booted+2000, 0); !u.Started.Equal(want) {
		t.Errorf("started %s, want %s", u.Started, want)
	}

	k.remove("cgroup" + webPath)
	if rows := picture(t, s, store); len(rows) != 0 {
		t.Errorf("%d containers, want none", len(rows))
	}
	k.cgroup2(webPath, 3000)
	k.at(3001)
	wantAbout(t, "running after a pause", picture(t, s, store)[webName].RunningSeconds, 1000+500+1)
	wantErrors(t, s, reasonRead, 0)
}

// A service may be restarted inside its cgroup: the run ends when none of its processes lives on.
func TestRunEndsWithItsLastProcess(t *testing.T) {
	k := newKernelV2(t)
	const service = "/system.slice/a.service"
	procs := "cgroup" + service + "/cgroup.procs"
	k.cgroup2(service, 10)
	k.write(procs, k.process(1, 1000)+k.process(2, 2000))
	k.at(110)
	s, store := k.source(), &cluster.Store{}
	wantAbout(t, "running", picture(t, s, store)["system.slice/a.service"].RunningSeconds, 100)

	k.write(procs, k.process(2, 2000))
	k.at(210)
	u := picture(t, s, store)["system.slice/a.service"]
	wantAbout(t, "running, the first process gone", u.RunningSeconds, 200)
	if want := time.Unix(booted+10, 0); !u.Started.Equal(want) {
		t.Errorf("started %s, want %s still", u.Started, want)
	}

	k.write(procs, k.process(3, 40000))
	k.at(410)
	u = picture(t, s, store)["system.slice/a.service"]
	wantAbout(t, "running, all processes new", u.RunningSeconds, 200+10)
	if want := time.Unix(booted+400, 0); !u.Started.Equal(want) {
		t.Errorf("started %s, want %s", u.Started, want)
	}

	k.write(procs, "")
	if rows := picture(t, s, store); len(rows) != 0 {
		t.Errorf("%d services, want none without a process", len(rows))
	}
	k.write(procs, k.process(4, 60000))
	k.at(605)
	wantAbout(t, "running, after a stop", picture(t, s, store)["system.slice/a.service"].RunningSeconds, 200+10+5)
}

// A new cgroup of the old name is a new baseline, even if its counter could be the old one's continuation.
func TestNewCgroupIsNewBaseline(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2(webPath, 10)
	s, store := k.source(), &cluster.Store{}
	picture(t, s, store)
	k.restart(webPath, 10)
	k.write("cgroup"+webPath+"/cpu.stat", "usage_usec 10000001\n")
	wantMissing(t, "cores across instances", picture(t, s, store)[webName].CPU.UsageCores)
	wantErrors(t, s, reasonImpossibleRate, 0)
}

// Where processes are hidden, a cgroup that was empty for a while must not count its age twice.
func TestHiddenProcessesComeBack(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2(webPath, 10)
	procs := "cgroup" + webPath + "/cgroup.procs"
	k.write("proc/stat", strings.Replace(k.read("proc/stat"), fmt.Sprint(booted), fmt.Sprint(time.Now().Unix()-1000), 1))
	k.write(procs, "0\n")
	k.at(2000)
	s, store := k.source(), &cluster.Store{}
	wantAbout(t, "running", picture(t, s, store)[webName].RunningSeconds, 999) // the start of the machine is told in whole seconds
	k.write(procs, "")
	picture(t, s, store)
	k.write(procs, "0\n")
	k.at(2100)
	wantAbout(t, "running, come back", picture(t, s, store)[webName].RunningSeconds, 1099)
}

func TestCoresAreTheMeanBetweenSamples(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2(webPath, 1)
	s, store := k.source(), &cluster.Store{}
	before := picture(t, s, store)[webName]
	k.write("cgroup"+webPath+"/cpu.stat", "usage_usec 1000100\n")
	after := picture(t, s, store)[webName]
	want := 0.0001 / after.Sampled.Sub(before.Sampled).Seconds()
	if got, ok := after.CPU.UsageCores.Get(); !ok || got < want*0.999 || got > want*1.001 {
		t.Errorf("cores %v, want %v", got, want)
	}
	k.write("cgroup"+webPath+"/cpu.stat", "usage_usec 5\n")
	wantMissing(t, "cores after a fall", picture(t, s, store)[webName].CPU.UsageCores)
	picture(t, s, store)
	wantValue(t, "cores after the new baseline", picture(t, s, store)[webName].CPU.UsageCores, 0)
}

// What vanishes between the walk and the reading is left out without a word.
func TestVanishing(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2(webPath, 1)
	k.cgroup2("/docker/"+id("a2"), 2)
	s := k.source()
	k.must(s.discover(time.Now()))
	live := s.roster.sweep(time.Now())
	s.name(t.Context(), live, time.Now())
	k.remove("cgroup" + webPath)
	rows, covered := s.measure(live, clock{}, 2)
	if len(rows) != 1 || covered != 1 {
		t.Errorf("%d rows, %d covered, want the other one", len(rows), covered)
	}
	for reason, n := range s.Status().Errors {
		if n != 0 {
			t.Errorf("%d errors with reason %s", n, reason)
		}
	}
}

// What has been gone for an hour is forgotten: memory does not grow with every container there ever was.
func TestForgetting(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2(webPath, 1)
	s, store := k.source(), &cluster.Store{}
	picture(t, s, store)
	k.remove("cgroup" + webPath)
	picture(t, s, store)
	if len(s.roster.finished) != 1 || len(s.roster.instances) != 1 { // the empty directory above it
		t.Fatalf("finished %d, instances %d", len(s.roster.finished), len(s.roster.instances))
	}
	s.roster.sweep(time.Now().Add(remember + time.Minute))
	if len(s.roster.finished) != 0 {
		t.Errorf("%d finished runs are remembered", len(s.roster.finished))
	}
	k.remove("cgroup/docker")
	picture(t, s, store)
	if len(s.roster.owners) != 0 || len(s.roster.instances) != 0 {
		t.Errorf("%d owners, %d instances are left", len(s.roster.owners), len(s.roster.instances))
	}
}

func TestRun(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2(webPath, 1)
	synctest.Test(t, func(t *testing.T) {
		s := k.source(func(c *Config) { c.Interval, c.MaxAge = 15*time.Second, 30*time.Second })
		if err := s.Ready(); err == nil || err.Error() != "no picture yet" {
			t.Errorf("ready before the first picture: %v", err)
		}
		store := &cluster.Store{UsageMaxAge: 30 * time.Second}
		done := make(chan error)
		ctx, stop := context.WithCancel(t.Context())
		go func() { done <- s.Run(ctx, store) }()
		synctest.Wait()
		if err := s.Ready(); err != nil || len(store.Snapshot().Usage) != 1 {
			t.Errorf("%v, %d containers, want a picture at once", err, len(store.Snapshot().Usage))
		}
		first := store.Snapshot().Usage[0].Sampled
		for _, wait := range []time.Duration{time.Second, 15 * time.Second} {
			time.Sleep(wait)
			synctest.Wait()
			if next := store.Snapshot().Usage[0].Sampled; !next.Equal(first.Add(wait)) {
				t.Errorf("sample %s after the one before, want %s", next.Sub(first), wait)
			} else {
				first = next
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		time.Sleep(31 * time.Second)
		if err := s.Ready(); err == nil || len(store.Snapshot().Usage) != 0 {
			t.Errorf("%v, %d containers, want nothing stale", err, len(store.Snapshot().Usage))
		}
	})
}
