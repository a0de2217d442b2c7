package prometheus_test

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/podometer/podometer/test/harness"
)

// container is a process of ours in cgroups laid out like those of a Docker container. It holds memory and, unless it
// stands still, uses all the CPU its quota leaves it.
type container struct {
	name    string
	layout  layout
	process *harness.Process
}

func (c *container) id() string { return c.name }

// newContainer starts a container that stands still, or skips the test and says why this machine won't have one.
func newContainer(t *testing.T) *container {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making a container takes root")
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id) // never fails
	c := &container{name: hex.EncodeToString(id), layout: findLayout()}
	var dirs []string
	for _, dir := range c.layout.dirs(c.name) {
		if err := makeCgroup(t, dir); err != nil {
			t.Skipf("this machine lets us make no container: %v", err)
		}
		dirs = append(dirs, dir)
	}
	for _, s := range c.layout.settings {
		if err := os.WriteFile(c.file(s.controller, s.file), []byte(s.value), 0); err != nil {
			t.Skipf("this machine lets us limit no container: %v", err)
		}
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.process = harness.Start(t, program, append([]string{load}, dirs...)...)
	c.process.Await(t, "^holding$")
	c.halt(t)
	return c
}

// makeCgroup makes a directory, and its parent if need be, and removes what it made when the test ends.
func makeCgroup(t *testing.T, dir string) error {
	t.Helper()
	parent := filepath.Dir(dir)
	switch err := os.Mkdir(parent, 0o755); {
	case err == nil:
		t.Cleanup(func() { _ = os.Remove(parent) }) // somebody else may use it by now
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if err := enable(parent); err != nil {
		return err
	}
	switch err := os.Mkdir(dir, 0o755); {
	case errors.Is(err, fs.ErrExist):
		return nil // another controller of ours lives in the same place
	case err != nil:
		return err
	}
	t.Cleanup(func() {
		harness.Eventually(t, func() (struct{}, error) { return struct{}{}, syscall.Rmdir(dir) })
	})
	return nil
}

// enable gives the children of a cgroup v2 the controllers they need. On v1 there is nothing to do.
func enable(parent string) error {
	for _, dir := range []string{filepath.Dir(parent), parent} {
		path := filepath.Join(dir, "cgroup.subtree_control")
		on, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, controller := range []string{"cpu", "memory"} {
			if strings.Contains(" "+strings.TrimSpace(string(on))+" ", " "+controller+" ") {
				continue
			}
			if err := os.WriteFile(path, []byte("+"+controller), 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *container) file(controller, name string) string {
	return filepath.Join(c.layout.dirs(c.name)[controller], name)
}

// work lets the process run until it has used two seconds of CPU time.
func (c *container) work(t *testing.T) {
	t.Helper()
	read := func() float64 {
		figures, err := c.figures()
		if err != nil {
			t.Fatal(err)
		}
		return figures[usage]
	}
	enough := read() + 2
	c.signal(t, syscall.SIGCONT)
	harness.Eventually(t, func() (struct{}, error) {
		if used := read(); used < enough {
			return struct{}{}, fmt.Errorf("the container has used %v s of CPU time, want %v", used, enough)
		}
		return struct{}{}, nil
	})
	c.halt(t)
}

// halt stops the process and waits until none of its threads runs.
func (c *container) halt(t *testing.T) {
	t.Helper()
	c.signal(t, syscall.SIGSTOP)
	harness.Eventually(t, func() (struct{}, error) {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", c.process.PID()))
		for _, path := range threads {
			fields, err := statFields(path)
			if err == nil && fields[0] != "T" {
				err = fmt.Errorf("%s: state %s, want T", path, fields[0])
			}
			if err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, err
	})
}

func (c *container) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(c.process.PID(), signal); err != nil {
		t.Fatal(err)
	}
}

// figures reads the kernel's own files.
func (c *container) figures() (map[string]float64, error) {
	figures := map[string]float64{"container_cpu_limit_cores": quota, "container_processes": 1}
	for _, f := range c.layout.figures {
		n, err := number(c.file(f.controller, f.file), f.key)
		if f.optional && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		figures[f.family] = n * f.unit
	}
	inactive, err := number(c.file("memory", "memory.stat"), c.layout.inactiveFile)
	if err != nil {
		return nil, err
	}
	figures["container_memory_working_set_bytes"] = figures[charged] - inactive
	delete(figures, charged)
	figures[started], err = c.started()
	return figures, err
}

// started returns when the process started, in seconds since 1970.
func (c *container) started() (float64, error) {
	boot, err := number("/proc/stat", "btime")
	if err != nil {
		return 0, err
	}
	sinceBoot, err := c.sinceBoot()
	return boot + sinceBoot, err
}

// sinceBoot returns when the process started, in seconds since the machine did.
func (c *container) sinceBoot() (float64, error) {
	fields, err := statFields(fmt.Sprintf("/proc/%d/stat", c.process.PID()))
	if err != nil {
		return 0, err
	}
	ticks, err := strconv.ParseFloat(fields[22-3], 64)
	return ticks / 100, err
}

// statFields returns what follows the name in a stat file of /proc: the state, which proc(5) counts as field 3, first.
func statFields(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	_, fields, ok := strings.Cut(string(data), ") ")
	if !ok {
		return nil, fmt.Errorf("%s: malformed: %q", path, data)
	}
	return strings.Fields(fields), nil
}
