package harness

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestAwaitReturnsSubmatches(t *testing.T) {
	p := Start(t, "sh", "-c", `echo one; echo 'port=12'; echo port=34 >&2; exec sleep 1000`)
	if match := p.Await(t, `^port=(\d)(\d)$`); len(match) != 3 || match[1] != "1" || match[2] != "2" {
		t.Errorf("submatches of the first line that matches: %q", match)
	}
	if match := p.Await(t, `port=34`); len(match) != 1 {
		t.Errorf("a later line: %q", match)
	}
}

func TestAwaitTakesTheLastWordsOfAProgram(t *testing.T) {
	p := Start(t, "sh", "-c", `printf 'no end of line'`)
	p.Await(t, `no end of line$`)
}

func TestStopReturnsTheExitCode(t *testing.T) {
	graceful := Start(t, "sh", "-c", `trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done`)
	graceful.Await(t, `^ready$`)
	if code := graceful.Stop(t, syscall.SIGTERM); code != 3 {
		t.Errorf("exit code %d, want 3", code)
	}
	killed := Start(t, "sleep", "1000")
	if code := killed.Stop(t, syscall.SIGKILL); code != -1 {
		t.Errorf("exit code of a killed program %d, want -1", code)
	}
}

func TestCleanupKills(t *testing.T) {
	var pid int
	t.Run("inner", func(t *testing.T) { pid = Start(t, "sleep", "1000").PID() })
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d after its test: %v, want %v", pid, err, syscall.ESRCH)
	}
}

func TestLockKeepsOthersOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(path)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan func())
	go func() {
		unlock, err := lock(path)
		if err != nil {
			t.Error(err)
		}
		second <- unlock
	}()
	select {
	case <-second:
		t.Fatal("two hold the lock")
	case <-time.After(pause):
	}
	unlock()
	(<-second)()
}

func TestToolIsBuiltOnce(t *testing.T) {
	program := Tool(t, "github.com/prometheus/prometheus/cmd/promtool", "remove_all_sd")
	before, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if again := Tool(t, "github.com/prometheus/prometheus/cmd/promtool", "remove_all_sd"); again != program {
		t.Errorf("built again as %s, want %s", again, program)
	}
	after, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("built again")
	}
}
