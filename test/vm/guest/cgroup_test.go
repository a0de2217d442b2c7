//go:build linux

package guest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const cgroupRoot = "/sys/fs/cgroup"

// cgroup is a directory of the hierarchy.
type cgroup string

// makeCgroup makes the cgroup at the path, with all controllers in it and in those above it.
func makeCgroup(t *testing.T, path string) cgroup {
	t.Helper()
	g := cgroup(cgroupRoot)
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		g.set(t, "cgroup.subtree_control", "+cpu +io +memory +pids")
		g = cgroup(filepath.Join(string(g), name))
		if err := os.MkdirAll(string(g), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

func (g cgroup) set(t *testing.T, file, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(string(g), file), []byte(value), 0); err != nil {
		t.Fatalf("can't write %q: %v", value, err)
	}
}

// start starts the program inside the cgroup, so that all it ever uses is counted there. It is killed at the test's end.
func (g cgroup) start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	dir, err := os.Open(string(g))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// freeze makes everything in the cgroup stand still, and its counters with it.
func (g cgroup) freeze(t *testing.T) {
	t.Helper()
	g.set(t, "cgroup.freeze", "1")
	eventually(t, string(g)+" is frozen", func() bool { return g.flat(t, "cgroup.events")["frozen"] == 1 })
}

func (g cgroup) thaw(t *testing.T) {
	t.Helper()
	g.set(t, "cgroup.freeze", "0")
}

// pids returns the processes in the cgroup and in those below it.
func (g cgroup) pids(t *testing.T) []string {
	t.Helper()
	var pids []string
	err := filepath.WalkDir(string(g), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "cgroup.procs" {
			pids = append(pids, strings.Fields(read(t, path))...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pids
}
