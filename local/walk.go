package local

import (
	"os"
	"syscall"
	"time"
)

// maxDepth bounds the walk. Kubernetes with systemd inside a container stays below ten.
const maxDepth = 32

// group is a cgroup to measure.
type group struct {
	class
	path     string    // from the root of its hierarchy, begins with a slash
	inode    uint64    // never used again by the kernel: another inode is another run
	made     time.Time // when the directory was made, or later: the kernel may forget under memory pressure
	children bool      // has cgroups of its own below
}

// walker finds what to measure in one tree.
type walker struct {
	tree  string
	found func(group)
	fail  func(error)
}

// walk reports every cgroup that counts, and none whose usage another one already includes: containers as a whole,
// services that hold nothing else that counts, and any other cgroup without cgroups below. That way sums never double.
// It fails when the root of the tree can't be read; what can't be read below is told to fail.
func (w *walker) walk() error {
	children, err := subdirectories(w.tree)
	if err != nil {
		return err
	}
	for _, name := range children {
		w.visit(place{path: "/" + name, name: name, depth: 1})
	}
	return nil
}

// place is where the walk stands.
type place struct {
	path, parent, name string
	depth              int
	inService          bool // what no unit and no container claims belongs to the service
}

// visit reports what is in the directory and returns whether there was anything.
func (w *walker) visit(at place) bool {
	g := group{class: classify(at.parent, at.name), path: at.path}
	var stat syscall.Stat_t
	if g.kind == kindHelper || syscall.Stat(w.tree+at.path, &stat) != nil {
		return false
	}
	g.inode, g.made = stat.Ino, madeAt(&stat)
	// A directory links to itself and each child links to it. File systems that do not count say 1.
	g.children = stat.Nlink != 2
	if g.kind == kindContainer {
		w.found(g)
		return true
	}
	if g.children && at.depth < maxDepth && w.below(&g, at) {
		return true
	}
	if g.kind == kindOther && (isUnit(at.name) || at.inService) {
		return false
	}
	w.found(g)
	return true
}

// below visits the children of g and returns whether any of them was reported.
func (w *walker) below(g *group, at place) bool {
	children, err := subdirectories(w.tree + at.path)
	if err != nil {
		if !isAbsent(err) {
			w.fail(err)
		}
		return false
	}
	g.children = len(children) > 0
	inService := at.inService || g.kind == kindService
	reported := false
	for _, name := range children {
		if w.visit(place{at.path + "/" + name, at.name, name, at.depth + 1, inService}) {
			reported = true
		}
	}
	return reported
}

// subdirectories returns the names of the directories in dir, in no order.
func subdirectories(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}
