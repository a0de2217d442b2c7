package local

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/podometer/podometer/cluster"
)

// asNobody runs do on a thread that may read only what everybody may, whoever runs the tests.
func (k *kernel) asNobody(t *testing.T, do func()) {
	t.Helper()
	k.must(os.Chmod(filepath.Dir(k.root), 0o755)) // the way there is open
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := syscall.Setfsuid(65534); err != nil {
			t.Error(err)
		}
		do()
	}()
	<-done
}

func TestUnreadableRoot(t *testing.T) {
	k := newKernelV2(t)
	k.must(os.Chmod(k.path("cgroup"), 0))
	t.Cleanup(func() { _ = os.Chmod(k.path("cgroup"), 0o755) })
	k.asNobody(t, func() {
		_, err := New(Config{CgroupRoot: k.path("cgroup"), ProcRoot: k.path("proc")}, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "--host.cgroup-root: open ") || !strings.Contains(err.Error(), "permission denied; name the directory") {
			t.Errorf("got %v", err)
		}
	})
}

// What may not be read is counted, and the rest goes on.
func TestUnreadableFileAndDirectory(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	k.cgroup2("/locked/"+id("a2"), 2)
	k.must(os.Chmod(k.path("cgroup/docker/"+id("a1")+"/memory.stat"), 0))
	k.must(os.Chmod(k.path("cgroup/locked"), 0))
	t.Cleanup(func() { _ = os.Chmod(k.path("cgroup/locked"), 0o755) })
	s, store := k.source(), &cluster.Store{}
	k.asNobody(t, func() { s.refresh(t.Context(), store) })
	usage := store.Snapshot().Usage
	if len(usage) != 1 {
		t.Fatalf("%d containers, want the one that may be read", len(usage))
	}
	wantMissing(t, "working set", usage[0].Memory.WorkingSet)
	wantValue(t, "usage", usage[0].CPU.UsageSeconds, 1)
	if n := s.Status().Errors[reasonPermission]; n < 2 {
		t.Errorf("%d errors with reason permission, want both", n)
	}
}
