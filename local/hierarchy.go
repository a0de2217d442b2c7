package local

import (
	"fmt"
	"os"
	"path/filepath"
)

// hierarchy says under which directory each controller keeps its files. A controller of cgroup v1 that is not mounted
// is empty.
type hierarchy struct {
	unified string // cgroup v2: the only one, or the one beside v1 in a hybrid layout; empty on pure v1
	systemd string // v1's name=systemd, which knows every unit and has no controller
	cpu     string // v1
	cpuacct string // v1
	memory  string // v1
	pids    string // v1
}

// findHierarchy looks at what is mounted under root: cgroup v2 itself, or a directory for each v1 controller with,
// in the hybrid layout, "unified" beside them.
func findHierarchy(root string) (hierarchy, error) {
	if _, err := os.ReadDir(root); err != nil {
		return hierarchy{}, err
	}
	if isFile(filepath.Join(root, "cgroup.controllers")) {
		return hierarchy{unified: root}, nil
	}
	h := hierarchy{
		systemd: firstDir(root, "systemd"),
		cpu:     firstDir(root, "cpu", "cpu,cpuacct"),
		cpuacct: firstDir(root, "cpuacct", "cpu,cpuacct"),
		memory:  firstDir(root, "memory"),
		pids:    firstDir(root, "pids"),
	}
	if unified := filepath.Join(root, "unified"); isFile(filepath.Join(unified, "cgroup.controllers")) {
		h.unified = unified
	}
	if h.cpuacct == "" && h.memory == "" && h.unified == "" {
		return hierarchy{}, fmt.Errorf("%s holds no cgroup hierarchy (neither cgroup.controllers nor a directory cpuacct or memory)", root)
	}
	return h, nil
}

// trees returns the directories to walk for containers. On v1 a manager may leave a cgroup out of the controllers it
// does not use: systemd's own hierarchy has every unit, memory every container of the others.
func (h hierarchy) trees() []string {
	var trees []string
	for _, tree := range []string{h.systemd, h.memory} {
		if tree != "" {
			trees = append(trees, tree)
		}
	}
	switch {
	case len(trees) > 0:
		return trees
	case h.cpuacct != "":
		return []string{h.cpuacct}
	default:
		return []string{h.unified}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func firstDir(root string, names ...string) string {
	for _, name := range names {
		dir := filepath.Join(root, name)
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return ""
}
