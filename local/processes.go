package local

import (
	"math"

	"github.com/prometheus/procfs"

	"github.com/podometer/podometer/cluster"
)

// process is one process of a container: its id and when it started, in seconds after the machine did.
type process struct {
	pid     uint64
	started float64
}

// processes reads which processes a cgroup and those below it hold. Keep one and use it for one cgroup after the
// other; it is not safe for concurrent use.
type processes struct {
	statistics
	proc   procfs.FS
	pids   []uint64 // of the newest scan, those we can see
	hidden int      // processes in another pid namespace than ours: the kernel tells that they are there, not who
}

// scan lists the processes of g in the tree it was found in. It returns false when the cgroup is gone.
func (p *processes) scan(tree string, g *group) bool {
	p.pids, p.hidden = p.pids[:0], 0
	ok := p.add(tree + g.path)
	if g.children {
		p.addBelow(tree+g.path, maxDepth)
	}
	return ok
}

func (p *processes) add(dir string) bool {
	return p.file(dir, "cgroup.procs", func(data []byte) error {
		for pid, err := range pids(data) {
			switch {
			case err != nil:
				return err
			case pid == 0:
				p.hidden++
			default:
				p.pids = append(p.pids, pid)
			}
		}
		return nil
	})
}

func (p *processes) addBelow(dir string, depth int) {
	children, err := subdirectories(dir)
	if err != nil || depth == 0 {
		return // gone since the walk, or deeper than anything real
	}
	for _, name := range children {
		p.add(dir + "/" + name)
		p.addBelow(dir+"/"+name, depth-1)
	}
}

// count returns how many processes the newest scan found, and whether there are any. In cgroup v1 the kernel leaves
// those of another pid namespace out of the list; then there may be some, and their number is missing.
func (p *processes) count(c controllers) (cluster.Value, bool) {
	if n := len(p.pids) + p.hidden; n > 0 {
		return cluster.Known(float64(n)), true
	}
	tasks, _ := p.value(c.pids, "pids.current", parseNumber).Get()
	return cluster.Value{}, tasks > 0
}

// oldest returns the process of the newest scan that started first. A container's first process lives as long as the
// container, so this is when the container started. It returns false when none can be read.
func (p *processes) oldest() (process, bool) {
	first := process{started: math.Inf(1)}
	for _, pid := range p.pids {
		started, ok := p.started(pid)
		if ok && started < first.started {
			first = process{pid, started}
		}
	}
	return first, !math.IsInf(first.started, 1)
}

func (p *processes) started(pid uint64) (float64, bool) {
	if pid > math.MaxInt32 {
		return 0, false
	}
	stat, err := p.proc.Proc(int(pid))
	if err != nil {
		return 0, false
	}
	s, err := stat.Stat()
	if err != nil {
		return 0, false
	}
	return float64(s.Starttime) / userHZ, true
}
