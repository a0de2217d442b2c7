//go:build linux

// Package vm tests podometer on a kernel of its own. QEMU emulates a machine (in software: no hardware support is
// needed) that boots Debian's kernel with cgroup v2 and pressure stall information, which many build machines lack;
// the package guest is the test that runs inside.
package vm

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/podometer/podometer/test/harness"
)

// TestGuest boots the machine and passes its guest's results on, each test as a subtest.
func TestGuest(t *testing.T) {
	if os.Getenv("PODOMETER_VM") == "" {
		t.Skip("boots a virtual machine only when PODOMETER_VM=1: make vm")
	}
	m := machine{dir: t.TempDir(), kernel: kernel(t)}
	writeInitramfs(t, m.initramfs(), []file{
		{name: "init", source: "init.sh"},
		{name: "bin/busybox", source: busybox(t)},
		{name: "podometer", source: harness.Podometer(t)},
		{name: "guest.test", source: guestTest(t, m.dir)},
	})

	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	console, err := m.boot(ctx, t)
	if err != nil {
		t.Errorf("the machine did not end in order: %v", err)
	}
	if !report(t, console) {
		kernel, err := os.ReadFile(m.log())
		if err != nil {
			t.Error(err)
		}
		t.Errorf("the guest did not pass; the kernel's last words:\n%s", tail(string(kernel), 60))
	}
}

// report turns the lines that the guest printed into subtests. It returns whether the guest ran tests and said at its
// end that it passed.
func report(t *testing.T, console []string) bool {
	verdict := regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP): (\S+) \(`)
	ran := false
	for _, line := range console {
		match := verdict.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		ran = true
		t.Run(match[2], func(t *testing.T) {
			switch match[1] {
			case "FAIL":
				t.Error("failed in the guest: its output is above")
			case "SKIP":
				t.Error("skipped in the guest, where every test must run")
			}
		})
	}
	return ran && len(console) > 0 && console[len(console)-1] == "guest: PASS"
}

// tail returns the last n lines of text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
