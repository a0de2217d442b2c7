package harness

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"testing"
	"time"
)

// patience bounds every wait. What is awaited is seen at once, so it only has to be more than a busy machine needs.
const patience = 2 * time.Minute

// Process is a program that a test started.
type Process struct {
	cmd    *exec.Cmd
	output *output
	exited chan struct{}
}

// Start starts a program. When the test ends, the program is killed and awaited if it still runs, and what it wrote
// goes to the test's log if the test failed.
func Start(t testing.TB, path string, args ...string) *Process {
	t.Helper()
	p := &Process{output: newOutput(), exited: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), path, args...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = diesWithTest()
	p.cmd.WaitDelay = time.Second // for what the program started and left behind with our pipe
	if err := p.start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("output of %v:\n%s", p.cmd.Args, p.Output())
		}
	})
	return p
}

// start starts the program from a thread that stays until the program ends. The kernel, asked to kill the program
// when its parent dies, means the thread by that.
func (p *Process) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // ExitCode tells what it returned
			close(p.exited)
		}
	}()
	return <-started
}

func (p *Process) kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.exited
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output returns what the program has written to its output and its error output so far.
func (p *Process) Output() string { return p.output.String() }

// Await waits until a line of the output matches the pattern and returns the submatches of the first such line, the
// whole match first. It fails the test if the program ends, or too much time passes, without one.
func (p *Process) Await(t testing.TB, pattern string) []string {
	t.Helper()
	expression := regexp.MustCompile(`(?m)` + pattern)
	deadline := time.After(patience)
	for {
		more := p.output.more()
		if match := expression.FindStringSubmatch(p.output.lines()); match != nil {
			return match
		}
		select {
		case <-more:
		case <-p.exited:
			if match := expression.FindStringSubmatch(p.Output()); match != nil {
				return match
			}
			t.Fatalf("%s ended (%s) before a line matched %q", p.cmd.Path, p.cmd.ProcessState, pattern)
		case <-deadline:
			t.Fatalf("%s wrote no line that matches %q within %s", p.cmd.Path, pattern, patience)
		}
	}
}

// Stop sends the signal and waits until the program ends. It returns its exit code, -1 if a signal killed it.
func (p *Process) Stop(t testing.TB, signal os.Signal) int {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatalf("send %s to %s: %v", signal, p.cmd.Path, err)
	}
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatalf("%s still runs %s after %s", p.cmd.Path, patience, signal)
	}
	return p.cmd.ProcessState.ExitCode()
}
