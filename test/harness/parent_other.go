//go:build !linux

package harness

import "syscall"

// diesWithTest asks for nothing: only Linux can do it.
func diesWithTest() *syscall.SysProcAttr { return nil }
