package local

import (
	"slices"
	"strconv"

	"github.com/podometer/podometer/cluster"
)

// instance is one run of a container, a service or another cgroup, from the making of its cgroup to the end of it.
type instance struct {
	group
	controllers
	tree     string
	round    uint64 // the newest walk that saw it
	identity cluster.Identity
	key      string // of the identity, in the table of usage
	asked    bool   // its engine was asked for its name
	named    bool   // and knew it
	run      run
	cpu      cluster.CPUSample
}

// run is the running time of an instance. All figures are seconds; moments are counted from the machine's start, so
// that setting the calendar changes nothing.
type run struct {
	first   process // the oldest process alive; pid 0: none can be seen
	started float64
	known   bool    // started is
	seen    float64 // the newest moment the instance was seen to run
	before  float64 // running time of finished runs of the same identity
}

// total is the running time up to the newest moment seen.
func (r *run) total() float64 {
	if !r.known {
		return r.before
	}
	return r.before + max(0, r.seen-r.started)
}

// continues brings the run up to the moment now, when the newest scan of p saw the cgroup with processes in it. A run
// goes on while one of its processes lives: when all are newer than the moment seen before, a new run has begun.
func (r *run) continues(p *processes, now float64, made float64) {
	if r.first.pid == 0 || !slices.Contains(p.pids, r.first.pid) {
		first, ok := p.oldest()
		switch {
		case ok && r.known && first.started > r.seen:
			r.before, r.started = r.total(), first.started
		case ok && !r.known:
			r.started, r.known = first.started, true
		case !r.known:
			r.started, r.known = made, made > 0
		}
		r.first = first
	}
	r.seen = now
}

// distinctions are what tells two things of one name apart: what a person would look at first, then what never fails.
func (i *instance) distinctions() []string {
	inode := strconv.FormatUint(i.inode, 36)
	if isContainerID(i.id) {
		return []string{i.id[:shortID], inode}
	}
	return []string{inode}
}

// keyOf orders usage by namespace and workload, and tells all else apart.
func keyOf(id cluster.Identity) string {
	return id.Namespace + "\x00" + id.Workload + "\x00" + id.WorkloadType + "\x00" + id.Pod + "\x00" + id.Container
}
