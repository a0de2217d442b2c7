package local

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"github.com/podometer/podometer/cluster"
)

// Reasons of podometer_source_errors_total.
const (
	reasonImpossibleRate = "impossible_rate" // a CPU counter rose faster than the machine can run
	reasonNames          = "names"           // Docker or Podman did not tell names
	reasonParse          = "parse"           // a file does not look as the kernel writes it
	reasonPermission     = "permission"
	reasonRead           = "read"
	reasonTooLarge       = "too_large"
)

// secondLook is how soon after the first picture the second one follows: usage in cores needs two.
const secondLook = time.Second

// Config says which machine to measure and how.
type Config struct {
	CgroupRoot   string        // where the cgroup hierarchies are mounted
	ProcRoot     string        // where /proc of the same machine is mounted
	DockerSocket string        // empty: never ask Docker
	PodmanSocket string        // empty: never ask Podman
	Name         string        // of the machine, in the node label; empty: its host name
	Interval     time.Duration // between two pictures
	MaxAge       time.Duration // after which a picture is no longer fresh
}

// Source measures one machine. Make it with New.
type Source struct {
	config  Config
	health  *cluster.Health
	logger  *slog.Logger
	stats   statistics
	procs   processes
	host    host
	roster  *roster
	engines []*engine
}

// New returns the source of the machine that config describes, or an error that names the flag to mend.
func New(config Config, logger *slog.Logger) (*Source, error) {
	h, err := findHierarchy(config.CgroupRoot)
	if err != nil {
		return nil, fmt.Errorf("--host.cgroup-root: %w; name the directory where the cgroup hierarchies are mounted", err)
	}
	proc, err := procfs.NewFS(config.ProcRoot)
	if err != nil {
		return nil, fmt.Errorf("--host.proc-root: %w; name the directory where /proc is mounted", err)
	}
	if _, err := os.Stat(config.ProcRoot + "/stat"); err != nil {
		return nil, fmt.Errorf("--host.proc-root: this is no /proc: %w; name the directory where /proc is mounted", err)
	}
	if config.Name == "" {
		config.Name = hostName(config.ProcRoot)
	}
	s := &Source{
		config: config,
		health: cluster.NewHealth(config.MaxAge, reasonImpossibleRate, reasonNames, reasonParse, reasonPermission, reasonRead, reasonTooLarge),
		logger: logger,
		roster: newRoster(config.Name, h),
	}
	s.stats = statistics{reader: newReader(), fail: s.fail}
	s.procs = processes{statistics: s.stats, proc: proc}
	s.host = host{statistics: s.stats, name: config.Name, root: config.ProcRoot, proc: proc}
	if config.DockerSocket != "" {
		s.engines = append(s.engines, newEngine(runtimeDocker, config.DockerSocket))
	}
	if config.PodmanSocket != "" {
		s.engines = append(s.engines, newEngine(runtimePodman, config.PodmanSocket))
	}
	return s, nil
}

// hostName returns the machine's name as its kernel has it, or as this process has it.
func hostName(procRoot string) string {
	data, err := os.ReadFile(procRoot + "/sys/kernel/hostname")
	if name := strings.TrimSpace(string(data)); err == nil && name != "" {
		return name
	}
	name, _ := os.Hostname()
	return name
}

// Name implements cluster.Source.
func (s *Source) Name() string { return "host" }

// Ready implements cluster.Source.
func (s *Source) Ready() error { return s.health.Ready() }

// Status implements cluster.Source.
func (s *Source) Status() cluster.Status { return s.health.Status() }

// Run implements cluster.Source: it takes a picture at once, a second one soon after, and then one each interval.
func (s *Source) Run(ctx context.Context, into *cluster.Store) error {
	s.refresh(ctx, into)
	timer := time.NewTimer(min(secondLook, s.config.Interval))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		next := time.Now().Add(s.config.Interval)
		s.refresh(ctx, into)
		timer.Reset(time.Until(next))
	}
}

// refresh takes one picture and stores it. The containers of the last picture stay when the hierarchies can't be
// walked.
func (s *Source) refresh(ctx context.Context, into *cluster.Store) {
	now := time.Now()
	node, nodeUsage, clock := s.host.read()
	nodes, nodesUsage := map[string]*cluster.Node{node.Name: node}, map[string]*cluster.NodeUsage{node.Name: nodeUsage}

	if err := s.discover(now); err != nil {
		s.health.Fail(reasonOf(err), err)
		s.logger.Warn("can't look for containers", "err", err)
		into.Together(func() {
			into.Nodes.Replace(nodes)
			into.NodeUsage.Replace(nodesUsage)
		})
		return
	}
	live := s.roster.sweep(now)
	s.name(ctx, live, now)
	cores, _ := node.CapacityCPUCores.Get()
	usage, covered := s.measure(live, clock, cores)
	into.Together(func() {
		into.Nodes.Replace(nodes)
		into.NodeUsage.Replace(nodesUsage)
		into.Usage.Replace(usage)
	})
	s.health.Succeed(time.Now(), covered, len(usage))
}

// discover walks the hierarchies. It fails when one of their roots can't be read.
func (s *Source) discover(now time.Time) error {
	s.roster.round++
	for _, tree := range s.roster.hierarchy.trees() {
		w := walker{tree: tree, fail: s.fail, found: func(g group) { s.roster.see(tree, g, now) }}
		if err := w.walk(); err != nil {
			return err
		}
	}
	return nil
}

// fail counts what spoiled a part of a picture, and logs the first of each reason: the rest is in the counter.
func (s *Source) fail(err error) {
	reason := reasonOf(err)
	level := slog.LevelDebug
	if s.health.Count(reason) == 1 {
		level = slog.LevelWarn
	}
	s.logger.Log(context.Background(), level, "part of the picture is missing", "reason", reason, "err", err)
}
