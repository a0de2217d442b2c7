package collectors

import (
	"time"

	"github.com/podometer/podometer/cluster"
)

// containerLabels name a container on each of its series, so that no query needs a join.
func containerLabels() []string {
	return []string{"namespace", "pod", "container", "node", "workload", "workload_type"}
}

// containerFamily completes a family that has one sample for each container with the value.
func containerFamily(f Family, value func(*cluster.Usage) cluster.Value) Family {
	f.Labels, f.Modes = containerLabels(), []string{ModeHost}
	f.Collect = func(s *cluster.Snapshot, emit Emit) {
		labels := make([]string, len(f.Labels))
		for _, u := range s.Usage {
			v, ok := value(u).Get()
			if !ok {
				continue
			}
			labels[0], labels[1], labels[2] = u.Namespace, u.Pod, u.Container
			labels[3], labels[4], labels[5] = u.Node, u.Workload, u.WorkloadType
			emit(v, labels...)
		}
	}
	return f
}

// timestamp is a moment in seconds since 1970; the zero time is missing.
func timestamp(t time.Time) cluster.Value {
	if t.IsZero() {
		return cluster.Value{}
	}
	return cluster.Known(float64(t.UnixMilli()) / 1e3)
}
