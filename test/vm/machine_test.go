//go:build linux

package vm

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// machine is a virtual machine whose files are in dir.
type machine struct {
	dir    string
	kernel string
}

func (m machine) initramfs() string { return filepath.Join(m.dir, "initramfs") }

// log is the file that the kernel's own messages go to.
func (m machine) log() string { return filepath.Join(m.dir, "kernel.log") }

// boot runs the machine until it turns itself off or ctx ends, and returns what the guest printed, which is also
// streamed to the test's log.
func (m machine) boot(ctx context.Context, t *testing.T) ([]string, error) {
	t.Helper()
	args := []string{
		"-accel", "tcg", // never the hardware's help: nested, it hangs
		"-smp", "2", "-m", "768", "-no-reboot", "-nodefaults", "-display", "none",
		"-kernel", m.kernel, "-initrd", m.initramfs(),
		"-append", "console=ttyS0 psi=1 panic=-1",
		"-serial", "file:" + m.log(),
		"-chardev", "stdio,id=guest,signal=off", "-serial", "chardev:guest",
	}
	args = append(args, m.disk(t, "data")...)
	args = append(args, m.disk(t, "swap")...)
	// The kernel ends the machine when the thread that started it ends, so a test that is killed leaves none behind.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	qemu := exec.CommandContext(ctx, "qemu-system-x86_64", args...)
	qemu.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	qemu.Stderr = os.Stderr
	out, err := qemu.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := qemu.Start(); err != nil {
		t.Fatalf("%v: run test/vm/install.sh", err)
	}
	var console []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := strings.TrimRight(lines.Text(), "\r")
		console = append(console, line)
		t.Log(line)
	}
	err = qemu.Wait()
	if ctx.Err() != nil {
		err = fmt.Errorf("it ran too long: %w", ctx.Err())
	}
	return console, err
}

// kernel returns the path of the kernel that install.sh unpacked.
func kernel(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	found := filepath.Join(cache, "podometer", "vm", "vmlinuz")
	if _, err := os.Stat(found); err != nil {
		t.Fatalf("%v: run test/vm/install.sh", err)
	}
	return found
}

// disk makes an empty disk and returns the arguments that attach it. It is an NVMe disk because Debian's cloud kernel
// has no other driver built in.
func (m machine) disk(t *testing.T, name string) []string {
	t.Helper()
	path := filepath.Join(m.dir, name+".img")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 128<<20); err != nil {
		t.Fatal(err)
	}
	return []string{
		"-drive", "if=none,format=raw,id=" + name + ",file=" + path,
		"-device", "nvme,serial=" + name + ",drive=" + name,
	}
}
