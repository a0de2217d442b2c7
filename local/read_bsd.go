//go:build darwin || freebsd || netbsd

package local

import (
	"syscall"
	"time"
)

// open opens a file for reading. path ends in a NUL byte.
func open(path []byte) (int, error) {
	return syscall.Open(string(path[:len(path)-1]), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
}

func madeAt(stat *syscall.Stat_t) time.Time { return time.Unix(stat.Mtimespec.Unix()) }
