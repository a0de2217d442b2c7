package local

import (
	"fmt"

	"github.com/podometer/podometer/cluster"
)

// controllers are the directories that hold the files of one cgroup. A controller that is not mounted is empty; one
// that is mounted need not know this cgroup.
type controllers struct {
	unified, cpu, cpuacct, memory, pids string
}

// of returns the directories of the cgroup at path.
func (h hierarchy) of(path string) controllers {
	under := func(root string) string {
		if root == "" {
			return ""
		}
		return root + path
	}
	return controllers{under(h.unified), under(h.cpu), under(h.cpuacct), under(h.memory), under(h.pids)}
}

// statistics reads the files of one cgroup after the other. It is not safe for concurrent use.
type statistics struct {
	reader *reader
	fail   func(error) // told of every file that is there and can't be understood
}

// file reads dir/name and lets parse take the numbers from it. It returns whether the kernel has the file. What an
// unreadable or malformed file would have told stays missing.
func (s *statistics) file(dir, name string, parse func([]byte) error) bool {
	if dir == "" {
		return false
	}
	data, err := s.reader.read(dir, name)
	if err == nil {
		err = parse(data)
	}
	if isAbsent(err) {
		return false
	}
	if err != nil {
		s.fail(fmt.Errorf("%s/%s: %w", dir, name, err))
	}
	return true
}

// value reads a file that holds one value.
func (s *statistics) value(dir, name string, parse func([]byte) (cluster.Value, error)) cluster.Value {
	var v cluster.Value
	s.file(dir, name, func(data []byte) (err error) {
		v, err = parse(data)
		return err
	})
	return v
}

// cpu reads what the cgroup used and may use of the CPU: from cgroup v1 where its accounting knows the cgroup, else
// from v2. systemd on a hybrid layout leaves services out of v1's cpuacct, and v2 counts for every cgroup.
func (s *statistics) cpu(c controllers) cluster.CPUUsage {
	u, ok := s.cpu1(c)
	if !ok {
		s.file(c.unified, "cpu.stat", func(data []byte) error { return parseCPUStat(data, &u) })
		u.LimitCores = s.value(c.unified, "cpu.max", parseQuota)
	}
	if periods, _ := u.Periods.Get(); periods == 0 && !u.LimitCores.IsKnown() {
		// Without a quota the kernel enforces nothing: its zeros are no measurement.
		u.Periods, u.ThrottledPeriods, u.ThrottledSeconds = cluster.Value{}, cluster.Value{}, cluster.Value{}
	}
	return u
}

func (s *statistics) cpu1(c controllers) (cluster.CPUUsage, bool) {
	var u cluster.CPUUsage
	ok := s.file(c.cpuacct, "cpuacct.usage", func(data []byte) error {
		nanoseconds, err := parseNumber(data)
		u.UsageSeconds = nanoseconds.Over(1e9)
		return err
	})
	if !ok {
		return u, false
	}
	s.file(c.cpuacct, "cpuacct.stat", func(data []byte) error { return parseCPUStat(data, &u) })
	s.file(c.cpu, "cpu.stat", func(data []byte) error { return parseCPUStat(data, &u) })
	quota := s.value(c.cpu, "cpu.cfs_quota_us", parseQuotaV1)
	period := s.value(c.cpu, "cpu.cfs_period_us", parseNumber)
	if us, ok := period.Get(); ok && us > 0 {
		u.LimitCores = quota.Over(us)
	}
	return u, true
}

// memory reads what the cgroup holds and may hold of the memory.
func (s *statistics) memory(c controllers) cluster.MemoryUsage {
	if u, ok := s.memory1(c); ok {
		return u
	}
	var u cluster.MemoryUsage
	u.Usage = s.value(c.unified, "memory.current", parseNumber)
	if !u.Usage.IsKnown() {
		return u
	}
	stat := s.memoryStat(c.unified)
	u.Limit = s.value(c.unified, "memory.max", parseLimit)
	u.Swap = s.value(c.unified, "memory.swap.current", parseNumber)
	s.file(c.unified, "memory.events", func(data []byte) error { return parseMemoryEvents(data, &u) })
	u.Anon, u.File = stat.anon, stat.file
	u.WorkingSet = workingSet(u.Usage, stat.inactiveFile)
	return u
}

func (s *statistics) memory1(c controllers) (cluster.MemoryUsage, bool) {
	var u cluster.MemoryUsage
	u.Usage = s.value(c.memory, "memory.usage_in_bytes", parseNumber)
	if !u.Usage.IsKnown() {
		return u, false
	}
	stat := s.memoryStat(c.memory)
	u.Limit = s.value(c.memory, "memory.limit_in_bytes", parseLimit)
	u.LimitHits = s.value(c.memory, "memory.failcnt", parseNumber)
	// Where memory and swap together have the same limit, as Kubernetes sets it, the kernel counts the hits there.
	if both, ok := s.value(c.memory, "memory.memsw.failcnt", parseNumber).Get(); ok {
		hits, _ := u.LimitHits.Get()
		u.LimitHits = cluster.Known(hits + both)
	}
	s.file(c.memory, "memory.oom_control", func(data []byte) error { return parseMemoryEvents(data, &u) })
	u.Anon, u.File, u.Swap = stat.anon, stat.file, stat.swap
	u.WorkingSet = workingSet(u.Usage, stat.inactiveFile)
	return u, true
}

func (s *statistics) memoryStat(dir string) memoryStat {
	var stat memoryStat
	s.file(dir, "memory.stat", func(data []byte) (err error) {
		stat, err = parseMemoryStat(data)
		return err
	})
	return stat
}

// workingSet is the memory that can't be taken back without hurting: usage - inactive file, at least 0. The two
// numbers come from two files, so the difference may be negative for a moment.
func workingSet(usage, inactiveFile cluster.Value) cluster.Value {
	total, ok := usage.Get()
	cache, known := inactiveFile.Get()
	if !ok || !known {
		return cluster.Value{}
	}
	return cluster.Known(max(0, total-cache))
}

// pressure reads the time lost for want of CPU, memory and I/O. Only cgroup v2 has it, and only with PSI on.
func (s *statistics) pressure(c controllers) cluster.Pressure {
	return cluster.Pressure{
		CPU:    s.stall(c.unified, "cpu.pressure"),
		Memory: s.stall(c.unified, "memory.pressure"),
		IO:     s.stall(c.unified, "io.pressure"),
	}
}

func (s *statistics) stall(dir, name string) cluster.Stall {
	var stall cluster.Stall
	s.file(dir, name, func(data []byte) (err error) {
		stall, err = parsePressure(data)
		return err
	})
	return stall
}
