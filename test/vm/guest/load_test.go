//go:build linux

package guest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	mib       = 1 << 20
	heldAnon  = 64 * mib
	heldCache = 48 * mib
	dataDisk  = "/dev/nvme0n1"
)

// runLoad runs one of the loads, and never returns.
func runLoad(name string) {
	loads := map[string]func() error{
		"sleep": rest, "burn": burn, "hold": hold, "thrash": thrash, "grow": grow, "respawn": respawn,
	}
	err := fmt.Errorf("no load %q", name)
	if run, ok := loads[name]; ok {
		err = run()
	}
	fmt.Fprintln(os.Stderr, "load", name, err)
	os.Exit(1)
}

// load is this program as the load of the given name.
func load(name string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{loadVariable + "=" + name}
	cmd.Stderr = os.Stderr
	return cmd
}

func rest() error {
	for {
		time.Sleep(time.Hour)
	}
}

// burn uses all the CPU that one thread can get.
func burn() error {
	for n := 0; ; n++ {
	}
}

// hold keeps memory of its own and page cache, then stands still. The cache is of a disk: pages of a tmpfs would count
// as shared memory, which the kernel does not regard as inactive file.
func hold() error {
	if _, err := touched(heldAnon); err != nil {
		return err
	}
	disk, err := os.Open(dataDisk)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, disk, heldCache); err != nil {
		return err
	}
	_ = rest()
	return disk.Close() // a disk that nobody has open loses its cache
}

// thrash goes through more memory than it may have, again and again: all the rest is in swap when it comes round.
func thrash() error {
	memory, err := touched(48 * mib)
	for err == nil {
		touch(memory)
	}
	return err
}

// grow takes memory until it is killed, before anything else in its cgroup.
func grow() error {
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil {
		return err
	}
	for {
		if _, err := touched(mib); err != nil {
			return err
		}
	}
}

// respawn starts what is killed for want of memory, and survives. Two processes in a cgroup beside its own are killed
// at a time, so that the kernel counts two kills each time the memory ends.
func respawn() error {
	beside, err := cgroupBeside("job")
	if err != nil {
		return err
	}
	for {
		companion, victim := load("sleep"), load("grow")
		companion.SysProcAttr, victim.SysProcAttr = beside, beside
		if err := companion.Start(); err != nil {
			return err
		}
		if err := victim.Run(); err == nil {
			return errors.New("memory never ended")
		}
		_ = companion.Wait() // killed
		time.Sleep(200 * time.Millisecond)
	}
}

// cgroupBeside makes a cgroup beside this process' own, whose processes are killed together, and returns the
// attributes of a process that starts in it.
func cgroupBeside(name string) (*syscall.SysProcAttr, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	_, path, _ := strings.Cut(strings.TrimSpace(string(own)), "::")
	dir := filepath.Join(cgroupRoot, filepath.Dir(path), name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "memory.oom.group"), []byte("1"), 0); err != nil {
		return nil, err
	}
	fd, err := syscall.Open(dir, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	return &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: fd}, err
}

// touched returns memory of which every page is in use.
func touched(size int) ([]byte, error) {
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	touch(memory)
	return memory, err
}

func touch(memory []byte) {
	for i := 0; i < len(memory); i += os.Getpagesize() {
		memory[i]++
	}
}
