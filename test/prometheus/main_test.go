// Package prometheus_test scrapes podometer with a real Prometheus and asks that what the kernel knows.
package prometheus_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// load is the first argument that makes the test binary the process in a container.
const load = "load"

// held is how much memory the process in a container holds.
const held = 64 << 20

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == load {
		if err := burn(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// burn joins the cgroups, takes memory that is charged to them, and then uses all the CPU time it is given.
func burn(cgroups []string) error {
	for _, dir := range cgroups {
		pid := []byte(strconv.Itoa(os.Getpid()))
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), pid, 0); err != nil {
			return err
		}
	}
	memory := make([]byte, held)
	for i := range memory {
		memory[i] = 1
	}
	fmt.Println("holding")
	for n := byte(0); ; n++ {
		memory[int(n)<<12] = n
	}
}
