package local

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/podometer/podometer/cluster"
)

// The truth tests make real cgroups, laid out like a Docker container, with a process in them that burns a CPU under
// a quota of 0.3 cores and holds 64 MiB, and compare every number with the kernel's own files.

const (
	realRoot  = "/sys/fs/cgroup"
	truthLoad = "PODOMETER_TRUTH_LOAD" // in the environment: this process is a load
	truthHold = 64 << 20
	truthMax  = 256 << 20
)

func TestMain(m *testing.M) {
	if load := os.Getenv(truthLoad); load != "" {
		runLoad(load)
	}
	os.Exit(m.Run())
}

// runLoad waits until it has been put into its cgroup, holds memory, says so, and burns until it is killed.
func runLoad(load string) {
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	size := truthHold
	if load == "greedy" {
		size = 4 * truthMax
	}
	held, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	fmt.Println("holding")
	for {
		held[0]++
	}
}

// sandbox is a container-like cgroup in every hierarchy this machine lets us use.
type sandbox struct {
	t         *testing.T
	id        string
	path      string
	hierarchy hierarchy
	files     controllers
}

// newSandbox makes the cgroup, or skips the test with the reason why it can't.
func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: it makes cgroups of its own; the fake kernels of the other tests need none")
	}
	h, err := findHierarchy(realRoot)
	if err != nil {
		t.Skip("this machine has no cgroups: ", err)
	}
	box := &sandbox{t: t, id: id(fmt.Sprintf("%x", os.Getpid()) + "f00d"), hierarchy: h}
	box.path = "/docker/" + box.id
	box.files = h.of(box.path)
	for _, root := range box.roots() {
		if err := os.MkdirAll(root+box.path, 0o755); err != nil {
			t.Skip("this machine lets nobody make cgroups: ", err)
		}
		t.Cleanup(func() { box.remove(root) })
	}
	if h.memory == "" { // v2 alone: hand the controllers down
		for _, dir := range []string{"", "/docker"} {
			if err := os.WriteFile(h.unified+dir+"/cgroup.subtree_control", []byte("+cpu +memory +pids"), 0); err != nil {
				t.Skip("this machine lets nobody hand controllers down: ", err)
			}
		}
		box.set(box.files.unified, "cpu.max", "30000 100000")
		box.set(box.files.unified, "memory.max", strconv.Itoa(truthMax))
		box.noSwap(box.files.unified+"/memory.swap.max", "0")
		return box
	}
	box.set(box.files.cpu, "cpu.cfs_quota_us", "30000")
	box.set(box.files.memory, "memory.limit_in_bytes", strconv.Itoa(truthMax))
	box.noSwap(box.files.memory+"/memory.memsw.limit_in_bytes", strconv.Itoa(truthMax))
	return box
}

// noSwap keeps the load from escaping its limit into swap. A kernel that does not account swap has no such file.
func (b *sandbox) noSwap(file, value string) {
	b.t.Helper()
	if b.number("/proc/meminfo", "SwapTotal:") == 0 {
		return // and keep v1's hits in memory.failcnt: Linux 6.18 does not count those of memory and swap together
	}
	if err := os.WriteFile(file, []byte(value), 0); err != nil && !isAbsent(err) && !errors.Is(err, os.ErrPermission) {
		b.t.Fatal(err)
	}
}

// roots returns the hierarchies that the sandbox is made in.
func (b *sandbox) roots() []string {
	var roots []string
	for _, root := range []string{b.hierarchy.unified, b.hierarchy.cpu, b.hierarchy.cpuacct, b.hierarchy.memory, b.hierarchy.pids} {
		if root != "" {
			roots = append(roots, root)
		}
	}
	return roots
}

func (b *sandbox) remove(root string) {
	for range 200 { // the kernel takes its time to bury the processes
		if err := syscall.Rmdir(root + b.path); err == nil || errors.Is(err, syscall.ENOENT) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = syscall.Rmdir(filepath.Dir(root + b.path)) // stays if somebody else's containers are in it
}

func (b *sandbox) set(dir, name, value string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0); err != nil {
		b.t.Fatal(err)
	}
}

// start runs a load inside the sandbox and returns it and what it prints.
func (b *sandbox) start(load string) (*exec.Cmd, *bufio.Reader) {
	b.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), truthLoad+"="+load, "GOMAXPROCS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for _, root := range b.roots() {
		b.set(root+b.path, "cgroup.procs", strconv.Itoa(cmd.Process.Pid))
	}
	if _, err := io.WriteString(in, "go\n"); err != nil {
		b.t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

// number returns a number of the kernel's: the whole file, or the one behind a key.
func (b *sandbox) number(file, key string) float64 {
	b.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if key == "" || fields[0] == key {
			number := fields[len(fields)-1]
			if number == "kB" {
				number = fields[len(fields)-2]
			}
			n, err := strconv.ParseFloat(strings.TrimPrefix(number, "total="), 64)
			if err != nil {
				b.t.Fatal(err)
			}
			return n
		}
	}
	b.t.Fatalf("%s has no %q", file, key)
	return 0
}

// truth is a number of ours and where the kernel keeps it.
type truth struct {
	name string
	ours func(*cluster.Usage) cluster.Value
	file string
	key  string
	unit float64 // of the kernel's number
}

func (b *sandbox) truths() []truth {
	f := b.files
	cpu := []truth{
		{"usage", func(u *cluster.Usage) cluster.Value { return u.CPU.UsageSeconds }, f.cpuacct + "/cpuacct.usage", "", 1e9},
		{"throttled", func(u *cluster.Usage) cluster.Value { return u.CPU.ThrottledSeconds }, f.cpu + "/cpu.stat", "throttled_time", 1e9},
		{"user", func(u *cluster.Usage) cluster.Value { return u.CPU.UserSeconds }, f.cpuacct + "/cpuacct.stat", "user", 100},
		{"limit hits", func(u *cluster.Usage) cluster.Value { return u.Memory.LimitHits }, f.memory + "/memory.failcnt", "", 1},
		{"oom kills", func(u *cluster.Usage) cluster.Value { return u.Memory.OOMKills }, f.memory + "/memory.oom_control", "oom_kill", 1},
	}
	stat := f.cpu + "/cpu.stat"
	if f.memory == "" {
		stat = f.unified + "/cpu.stat"
		cpu = []truth{
			{"usage", cpu[0].ours, stat, "usage_usec", 1e6},
			{"throttled", cpu[1].ours, stat, "throttled_usec", 1e6},
			{"user", cpu[2].ours, stat, "user_usec", 1e6},
			{"limit hits", cpu[3].ours, f.unified + "/memory.events", "max", 1},
			{"oom kills", cpu[4].ours, f.unified + "/memory.events", "oom_kill", 1},
		}
	}
	cpu = append(cpu,
		truth{"periods", func(u *cluster.Usage) cluster.Value { return u.CPU.Periods }, stat, "nr_periods", 1},
		truth{"throttled periods", func(u *cluster.Usage) cluster.Value { return u.CPU.ThrottledPeriods }, stat, "nr_throttled", 1})
	if f.unified != "" && isFile(f.unified+"/cpu.pressure") {
		cpu = append(cpu,
			truth{"cpu waiting", func(u *cluster.Usage) cluster.Value { return u.Pressure.CPU.Waiting }, f.unified + "/cpu.pressure", "some", 1e6},
			truth{"cpu stalled", func(u *cluster.Usage) cluster.Value { return u.Pressure.CPU.Stalled }, f.unified + "/cpu.pressure", "full", 1e6})
	}
	return cpu
}

// look takes a picture and brackets it: what the kernel says before and after.
func (b *sandbox) look(s *Source, store *cluster.Store) (u *cluster.Usage, before, after []float64) {
	b.t.Helper()
	read := func() (list []float64) {
		for _, truth := range b.truths() {
			n := b.number(truth.file, truth.key)
			if swap := b.files.memory + "/memory.memsw.failcnt"; strings.HasSuffix(truth.file, "/memory.failcnt") && isFile(swap) {
				n += b.number(swap, "")
			}
			list = append(list, n/truth.unit)
		}
		return list
	}
	before = read()
	s.refresh(b.t.Context(), store)
	after = read()
	for _, row := range store.Snapshot().Usage {
		if row.ID == b.id {
			return row, before, after
		}
	}
	b.t.Fatal("the container is not seen")
	return nil, nil, nil
}
