package local

import (
	"context"
	"fmt"
	"time"

	"github.com/podometer/podometer/cluster"
)

// measure reads every instance that runs, and returns the records by key and how many of them tell any usage.
func (s *Source) measure(live []*instance, c clock, cores float64) (rows map[string]*cluster.Usage, covered int) {
	rows = make(map[string]*cluster.Usage, len(live))
	records := make([]cluster.Usage, len(live))
	for n, i := range live {
		u := &records[n]
		if !s.measureOne(i, u, c, cores) {
			continue
		}
		rows[i.key] = u
		if u.CPU.UsageSeconds.IsKnown() || u.Memory.Usage.IsKnown() {
			covered++
		}
	}
	return rows, covered
}

// measureOne fills u, and returns false when nothing runs in the cgroup or it has gone since the walk.
func (s *Source) measureOne(i *instance, u *cluster.Usage, c clock, cores float64) bool {
	if !s.procs.scan(i.tree, &i.group) {
		return false
	}
	processes, running := s.procs.count(i.controllers)
	if !running {
		return false
	}
	u.Identity, u.Processes = i.identity, processes
	if i.kind == kindContainer {
		u.ID = i.id
	}
	u.CPU = s.stats.cpu(i.controllers)
	u.Sampled = time.Now()
	u.Memory = s.stats.memory(i.controllers)
	u.Pressure = s.stats.pressure(i.controllers)
	u.CPU.UsageCores = s.cores(i, u, cores)
	s.runningTime(i, u, c)
	return true
}

// cores returns the mean usage since the sample before, and keeps this one for the next time.
func (s *Source) cores(i *instance, u *cluster.Usage, cores float64) cluster.Value {
	sample := cluster.CPUSample{At: u.Sampled, Instance: i.inode, Seconds: u.CPU.UsageSeconds}
	mean, err := cluster.CPUCores(i.cpu, sample, cores)
	if err != nil {
		s.fail(fmt.Errorf("%s: %w", i.path, err))
	}
	i.cpu = sample
	return mean
}

// runningTime tells since when the instance runs and how long its identity has run.
func (s *Source) runningTime(i *instance, u *cluster.Usage, c clock) {
	now, ok := c.now(u.Sampled)
	if !ok {
		return
	}
	made := 0.0
	if !c.booted.IsZero() {
		made = i.made.Sub(c.booted).Seconds()
	}
	i.run.continues(&s.procs, now, made)
	if i.run.known {
		u.Started = c.at(i.run.started)
		u.RunningSeconds = cluster.Known(i.run.total())
	}
}

// name gives every new instance its identity, with the name its engine knows it by. Engines are asked when a container
// is new, and again now and then about those they did not know: a container may show before its engine knows it.
func (s *Source) name(ctx context.Context, live []*instance, now time.Time) {
	for _, e := range s.engines {
		fresh, waiting := pending(live, e)
		if !waiting || !e.due(now, fresh) {
			continue
		}
		names, err := e.ask(ctx, now)
		if err != nil {
			s.fail(fmt.Errorf("%w: %w", errNames, err))
		}
		for _, i := range live {
			if name, ok := names[i.id]; ok && !i.named {
				i.named = true
				s.roster.claim(i, name)
			}
		}
	}
	for _, i := range live {
		i.asked = true
		if i.key == "" {
			s.roster.claim(i, named{})
		}
	}
}

// pending tells whether an engine may know names that are wanting, and whether one of the containers is new.
func pending(live []*instance, e *engine) (fresh, waiting bool) {
	for _, i := range live {
		if i.kind == kindContainer && !i.named && e.knows(i.runtime) {
			waiting = true
			fresh = fresh || !i.asked
		}
	}
	return fresh, waiting
}
