package local

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/podometer/podometer/cluster"
)

func realSource(t *testing.T) (*Source, *cluster.Store) {
	t.Helper()
	s, err := New(Config{CgroupRoot: realRoot, ProcRoot: "/proc", Interval: time.Minute, MaxAge: time.Hour}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s, &cluster.Store{}
}

func TestTruthCounters(t *testing.T) {
	box := newSandbox(t)
	load, out := box.start("steady")
	if line, err := out.ReadString('\n'); err != nil {
		t.Fatal(line, err)
	}
	s, store := realSource(t)
	u, before, after := box.look(s, store)
	t.Logf("%d truths on %+v", len(before), box.files)
	for i, truth := range box.truths() {
		if v, ok := truth.ours(u).Get(); !ok || v < before[i] || v > after[i] {
			t.Errorf("%s: %v (known: %t), the kernel says %v before and %v after", truth.name, v, ok, before[i], after[i])
		}
	}
	wantValue(t, "cpu limit", u.CPU.LimitCores, 0.3)
	wantValue(t, "memory limit", u.Memory.Limit, truthMax)
	wantValue(t, "processes", u.Processes, 1)
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", load.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var ticks float64
	if _, err := fmt.Sscanf(fieldsAfterName(data), "%f", &ticks); err != nil {
		t.Fatal(err)
	}
	started := box.number("/proc/stat", "btime") + ticks/100
	if got := float64(u.Started.UnixMilli()) / 1e3; math.Abs(got-started) > 0.0005 {
		t.Errorf("started %v, want %v", got, started)
	}
}

// fieldsAfterName returns /proc/PID/stat from the 22nd field on: the start in clock ticks.
func fieldsAfterName(data []byte) string {
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	return strings.Join(fields[19:], " ")
}

// The CPU time between two pictures is the kernel's within 2 %. Only windows that are themselves known better than
// that count: on a busy machine the kernel's number may move on while we read.
func TestTruthCPUDelta(t *testing.T) {
	box := newSandbox(t)
	_, out := box.start("steady")
	if line, err := out.ReadString('\n'); err != nil {
		t.Fatal(line, err)
	}
	s, store := realSource(t)
	for range 30 {
		first, before1, after1 := box.look(s, store)
		time.Sleep(time.Second)
		second, before2, after2 := box.look(s, store)
		least, most := before2[0]-after1[0], after2[0]-before1[0]
		if most-least > 0.02*least {
			t.Logf("window of %.4f to %.4f s is not known well enough", least, most)
			continue
		}
		from, _ := first.CPU.UsageSeconds.Get()
		to, _ := second.CPU.UsageSeconds.Get()
		kernel := after2[0] - after1[0]
		if delta := to - from; math.Abs(delta-kernel) > 0.02*kernel {
			t.Errorf("cpu delta %v, the kernel's is %v", delta, kernel)
		}
		cores, _ := second.CPU.UsageCores.Get()
		want := (to - from) / second.Sampled.Sub(first.Sampled).Seconds()
		if math.Abs(cores-want) > 1e-9 || cores > 0.3*overshootOfQuota {
			t.Errorf("%v cores, want %v and no more than the quota of 0.3", cores, want)
		}
		return
	}
	t.Error("no window was known to 2 %")
}

// overshootOfQuota allows for the slice that a CPU may run beyond its quota before the kernel stops it.
const overshootOfQuota = 1.2

func TestTruthMemory(t *testing.T) {
	box := newSandbox(t)
	_, out := box.start("steady")
	if line, err := out.ReadString('\n'); err != nil {
		t.Fatal(line, err)
	}
	usage, stat, inactive := box.files.memory+"/memory.usage_in_bytes", box.files.memory+"/memory.stat", "total_inactive_file"
	if box.files.memory == "" {
		usage, stat, inactive = box.files.unified+"/memory.current", box.files.unified+"/memory.stat", "inactive_file"
	}
	s, store := realSource(t)
	for range 50 {
		before := box.number(usage, "") - box.number(stat, inactive)
		u, _, _ := box.look(s, store)
		after := box.number(usage, "") - box.number(stat, inactive)
		if before != after {
			continue // it moved while we looked
		}
		got, ok := u.Memory.WorkingSet.Get()
		if !ok || math.Abs(got-after) > 0.01*after {
			t.Errorf("working set %v, the kernel's usage - inactive file is %v", got, after)
		}
		if got < truthHold {
			t.Errorf("working set %v, but the process holds %v", got, truthHold)
		}
		if anon, _ := u.Memory.Anon.Get(); anon < truthHold || anon > truthMax {
			t.Errorf("anon %v, but the process holds %v", anon, truthHold)
		}
		return
	}
	t.Error("memory never stood still for one look")
}

func TestTruthOOM(t *testing.T) {
	box := newSandbox(t)
	_, out := box.start("steady")
	if line, err := out.ReadString('\n'); err != nil {
		t.Fatal(line, err)
	}
	for range 2 {
		greedy, out := box.start("greedy")
		if line, err := out.ReadString('\n'); err == nil {
			t.Fatalf("the greedy process lives and says %q", line)
		}
		_ = greedy.Wait()
	}
	s, store := realSource(t)
	u, before, after := box.look(s, store)
	for i, truth := range box.truths() {
		v, ok := truth.ours(u).Get()
		if !ok || v < before[i] || v > after[i] {
			t.Errorf("%s: %v (known: %t), the kernel says %v before and %v after", truth.name, v, ok, before[i], after[i])
		}
		if truth.name == "oom kills" && v != 2 || truth.name == "limit hits" && v == 0 {
			t.Errorf("%s: %v after two kills at the limit", truth.name, v)
		}
	}
}
