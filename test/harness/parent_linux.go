package harness

import "syscall"

// diesWithTest makes the kernel kill a program whose test was killed before it could clean up.
func diesWithTest() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
