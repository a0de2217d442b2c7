//go:build linux

package guest

import (
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestTruth compares podometer with the kernel. What moves must lie between the kernel's answers from before and after
// the picture; what is frozen must be equal.
func TestTruth(t *testing.T) {
	if os.Getenv("PODOMETER_GUEST") == "" {
		t.Skip("runs inside the virtual machine: make vm")
	}
	all := containers()
	for _, c := range all {
		c.start(t)
	}
	cgroup(cgroupRoot+"/kubepods.slice").set(t, "cpu.weight", "1")
	makeCgroup(t, "/system.slice/docker-"+id("e0")+".scope") // nothing runs in it, so it is no container
	p := startPodometer(t)
	for _, c := range all {
		t.Run("load/"+c.name, func(t *testing.T) {
			eventually(t, "the load shows", func() bool { return c.shown(c.cgroup.facts(t)) })
		})
	}
	t.Run("who", func(t *testing.T) { testWho(t, p, all) })
	t.Run("moving", func(t *testing.T) { testMoving(t, p, all) })
	t.Run("cores", func(t *testing.T) { testCores(t, p, all) })
	t.Run("frozen", func(t *testing.T) { testFrozen(t, p, all) })
	t.Run("limits", func(t *testing.T) { testLimits(t, p, all) })
	t.Run("removed", func(t *testing.T) { testRemoved(t, p) })
	t.Logf("podometer's memory: %s", p.memory(t))
	t.Run("end", p.stop)
}

// testWho asserts that what runs is published, under the right names, and nothing else.
func testWho(t *testing.T, p *podometer, all []*container) {
	want := map[labels]bool{service("podometer.service"): true}
	for _, c := range all {
		want[c.labels] = true
	}
	s, got := p.fresh(t), make(map[labels]bool)
	for name, family := range s {
		if strings.HasPrefix(name, prefix+"container_") {
			for _, metric := range family.GetMetric() {
				got[labelsOf(metric)] = true
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("published are %+v\nrunning are %+v", got, want)
	}
	for _, family := range []string{"containers_expected", "containers_covered"} {
		if n := s.self(t, family); n != float64(len(want)) {
			t.Errorf("%s is %v, want %d", family, n, len(want))
		}
	}
	if up := s.self(t, "source_up"); up != 1 {
		t.Errorf("source_up is %v", up)
	}
}

// runningTime is the one number that goes on for what is frozen.
const runningTime = "container_running_seconds_total"

// testMoving compares while everything runs.
func testMoving(t *testing.T, p *podometer, all []*container) {
	own := &container{name: "podometer", cgroup: p.service, labels: service("podometer.service")}
	all = append(slices.Clone(all), own)
	before := factsOf(t, all)
	s := p.fresh(t)
	after := factsOf(t, all)
	for i, c := range all {
		t.Run(c.name, func(t *testing.T) {
			release(before[i], after[i])
			compare(t, before[i], s.facts("container_", c.labels), after[i])
		})
	}
	t.Run("machine", func(t *testing.T) { compareMachine(t, p) })
}

// compareMachine compares what is published of the machine, on which podometer and this test go on.
func compareMachine(t *testing.T, p *podometer) {
	t.Helper()
	before := machineFacts(t)
	s := p.fresh(t)
	after := machineFacts(t)
	got := s.facts("node_", machineLabels())
	release(before, after)
	compare(t, before, got, after)
	t.Log(got)
}

// testCores asserts that usage in cores is what the counter says of the same window, of which podometer tells the
// length too: by how much the running time grew. A window is wrong if a slow machine let a picture pass unseen, or
// could not read its uptime at once; then there is a next one.
func testCores(t *testing.T, p *podometer, all []*container) {
	first := p.next(t)
	eventually(t, "usage in cores is usage by time", func() bool {
		second := p.next(t)
		right := true
		for _, c := range all {
			right = sameCores(t, c, first, second) && right
		}
		first = second
		return right
	})
}

// sameCores compares the container's usage in cores to the growth of its counters. The kernel tells the uptime, and so
// podometer the running time, in hundredths of a second.
func sameCores(t *testing.T, c *container, first, second scrape) bool {
	t.Helper()
	before, after := first.facts("container_", c.labels), second.facts("container_", c.labels)
	used := after["container_cpu_usage_seconds_total"] - before["container_cpu_usage_seconds_total"]
	window := after[runningTime] - before[runningTime]
	cores := after["container_cpu_usage_cores"]
	t.Logf("%s: %.4f cores, used %.4f s in %.4f s", c.name, cores, used, window)
	return window > 0 && math.Abs(used-cores*window) <= cores*0.01+1e-6
}

// testFrozen stops the loads and compares: now all numbers of the kernel stand still, and ours are the same. It does so
// twice, so that what was used in between is the same number too.
func testFrozen(t *testing.T, p *podometer, all []*container) {
	var first, second []facts
	t.Run("first", func(t *testing.T) { first = compareFrozen(t, p, all) })
	p.fresh(t) // the loads run for a picture or two
	t.Run("second", func(t *testing.T) { second = compareFrozen(t, p, all) })
	for i, c := range all {
		const family = "container_cpu_usage_seconds_total"
		used := second[i][family] - first[i][family]
		t.Logf("%s used %.6f s in between", c.name, used)
		if used == 0 && c.load != "hold" {
			t.Errorf("%s stood still in between", c.name)
		}
	}
}

// compareFrozen freezes the loads, compares, and thaws them. It returns what the kernel said.
func compareFrozen(t *testing.T, p *podometer, all []*container) []facts {
	t.Helper()
	defer func() {
		for _, c := range all {
			c.cgroup.thaw(t)
		}
	}()
	for _, c := range all {
		c.cgroup.freeze(t)
	}
	still, s := stillPicture(t, p, all)
	for i, c := range all {
		t.Run(c.name, func(t *testing.T) {
			got := s.facts("container_", c.labels)
			if cores := got["container_cpu_usage_cores"]; cores != 0 {
				t.Errorf("uses %v cores, though frozen", cores)
			}
			delete(got, runningTime)
			compare(t, still[i], got, still[i])
			t.Log(got)
		})
	}
	t.Run("machine", func(t *testing.T) {
		compareMachine(t, p)
		const family = "node_memory_working_set_bytes"
		got, now := p.next(t).facts("node_", machineLabels())[family], machineFacts(t)
		if math.Abs(got-now[family]) > now["node_capacity_memory_bytes"]/100 { // podometer and this test go on
			t.Errorf("%s is %v, the kernel says %v", family, got, now[family])
		}
	})
	return still
}

// stillPicture returns a picture and what the kernel said both before and after it. Some of the kernel's counts settle
// only a moment after what they count has stopped; and the first picture may have begun before.
func stillPicture(t *testing.T, p *podometer, all []*container) (before []facts, s scrape) {
	t.Helper()
	eventually(t, "the kernel's numbers stand still", func() bool {
		s = p.fresh(t)
		after := factsOf(t, all)
		for _, f := range after {
			delete(f, runningTime)
		}
		same := slices.EqualFunc(before, after, maps.Equal)
		before = after
		return same
	})
	return before, s
}

// testLimits asserts that a family that tells of a limit is there for those that have the limit, and only for those.
func testLimits(t *testing.T, p *podometer, all []*container) {
	settings := map[string]string{
		"container_cpu_limit_cores":             "cpu.max",
		"container_cpu_periods_total":           "cpu.max",
		"container_cpu_throttled_periods_total": "cpu.max",
		"container_cpu_throttled_seconds_total": "cpu.max",
		"container_memory_limit_bytes":          "memory.max",
	}
	s := p.fresh(t)
	for _, c := range all {
		got := s.facts("container_", c.labels)
		for family, setting := range settings {
			_, published := got[family]
			if _, limited := c.settings[setting]; published != limited {
				t.Errorf("%s: %s is published: %v, but %s is set: %v", c.name, family, published, setting, limited)
			}
		}
	}
}

// testRemoved asserts that a container that ends is no longer published.
func testRemoved(t *testing.T, p *podometer) {
	c := &container{name: "short-lived", load: "sleep", path: "/docker/" + id("5d"), labels: short("docker", id("5d"))}
	c.start(t)
	if got := p.fresh(t).facts("container_", c.labels); got["container_processes"] != 1 {
		t.Errorf("while it runs it is published as %v", got)
	}
	c.remove(t)
	if got := p.fresh(t).facts("container_", c.labels); len(got) > 0 {
		t.Errorf("after its end it is published as %v", got)
	}
}
