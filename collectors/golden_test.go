package collectors

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/podometer/podometer/cluster"
)

// wantGolden compares what the collector says of the snapshot with testdata/NAME.prom, through the pedantic registry
// and the linter.
func wantGolden(t *testing.T, c Collector, s *cluster.Snapshot) {
	t.Helper()
	bound := c.Bind(func() *cluster.Snapshot { return s })
	problems, err := testutil.CollectAndLint(bound)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("lint: %s: %s", p.Metric, p.Text)
	}
	golden := filepath.Join("testdata", c.Name+".prom")
	if os.Getenv("UPDATE_GOLDENS") != "" {
		if err := os.WriteFile(golden, exposition(t, bound), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.Open(golden)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	if err := testutil.CollectAndCompare(bound, want); err != nil {
		t.Error(err)
	}
	for _, f := range c.Families {
		if n := testutil.CollectAndCount(bound, Prefix+f.Name); n == 0 {
			t.Errorf("%s has no sample in the golden", f.Name)
		}
	}
}

func exposition(t *testing.T, bound prometheus.Collector) []byte {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(bound)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}

// containers is a snapshot with one container that has every number, told apart by its value, and one that has none.
func containers() *cluster.Snapshot {
	n := 0.0
	next := func() cluster.Value { n++; return cluster.Known(n) }
	stall := func() cluster.Stall { return cluster.Stall{Waiting: next(), Stalled: next()} }
	all := &cluster.Usage{
		Identity:       cluster.Identity{Namespace: "shop", Pod: "cart-0", Container: "app", Node: "box", Workload: "cart", WorkloadType: "compose"},
		ID:             "never a label",
		Sampled:        time.Unix(1000, 0),
		Started:        time.UnixMilli(900_250),
		RunningSeconds: next(),
		Processes:      next(),
		CPU: cluster.CPUUsage{
			UsageSeconds: next(), UserSeconds: next(), SystemSeconds: next(), UsageCores: next(),
			Periods: next(), ThrottledPeriods: next(), ThrottledSeconds: next(), LimitCores: next(),
		},
		Memory: cluster.MemoryUsage{
			Usage: next(), WorkingSet: next(), Anon: next(), File: next(), Swap: next(), Limit: next(), OOMKills: next(), LimitHits: next(),
		},
		Pressure: cluster.Pressure{CPU: stall(), Memory: stall(), IO: stall()},
	}
	nothing := &cluster.Usage{Identity: cluster.Identity{Container: "nothing", Node: "box", Workload: "nothing", WorkloadType: "docker"}}
	zero := &cluster.Usage{
		Identity: cluster.Identity{Container: "zero", Node: "box", Workload: "zero", WorkloadType: "docker"},
		CPU:      cluster.CPUUsage{UsageSeconds: cluster.Known(0)}, Memory: cluster.MemoryUsage{OOMKills: cluster.Known(0)},
	}
	return &cluster.Snapshot{Taken: time.Unix(1001, 0), Usage: []*cluster.Usage{all, nothing, zero}}
}

func TestContainerCPU(t *testing.T)      { wantGolden(t, containerCPU, containers()) }
func TestContainerMemory(t *testing.T)   { wantGolden(t, containerMemory, containers()) }
func TestContainerPressure(t *testing.T) { wantGolden(t, containerPressure, containers()) }
func TestContainerRuntime(t *testing.T)  { wantGolden(t, containerRuntime, containers()) }
func TestContainerDetail(t *testing.T)   { wantGolden(t, containerDetail, containers()) }

func TestNode(t *testing.T) {
	wantGolden(t, node, &cluster.Snapshot{
		Nodes: []*cluster.Node{
			{Name: "box", Pool: "default", Booted: time.Unix(500, 0), CapacityCPUCores: cluster.Known(1), CapacityMemoryBytes: cluster.Known(2)},
			{Name: "blind", Pool: "default"},
		},
		NodeUsage: []*cluster.NodeUsage{
			{
				Name: "box", Pool: "default", CPUSeconds: cluster.Known(3), CPUCores: cluster.Known(4), WorkingSetMemory: cluster.Known(5),
				Pressure: cluster.Pressure{
					CPU:    cluster.Stall{Waiting: cluster.Known(6)},
					Memory: cluster.Stall{Waiting: cluster.Known(7), Stalled: cluster.Known(8)},
					IO:     cluster.Stall{Waiting: cluster.Known(9), Stalled: cluster.Known(10)},
				},
			},
			{Name: "blind", Pool: "default"},
		},
	})
}

// What every family promises: names, units and labels as people expect them, and something to say to a reader.
func TestConventions(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All {
		if c.Help == "" || !strings.HasSuffix(c.Help, ".") || len(c.Families) == 0 {
			t.Errorf("collector %s needs families and a sentence of help", c.Name)
		}
		for _, f := range c.Families {
			if seen[f.Name] {
				t.Errorf("%s is there twice", f.Name)
			}
			seen[f.Name] = true
			counter := f.Type == prometheus.CounterValue
			if counter != strings.HasSuffix(f.Name, "_total") {
				t.Errorf("%s: _total belongs to counters and only to them", f.Name)
			}
			if f.Unit() == "" {
				t.Errorf("%s: its name tells no unit", f.Name)
			}
			if f.Source == "" || len(f.Modes) == 0 || !strings.HasSuffix(f.Help, ".") {
				t.Errorf("%s needs a source, modes and a sentence of help", f.Name)
			}
			for _, label := range f.Labels {
				switch label {
				case "cluster", "job", "instance", "uid", "id", "ip":
					t.Errorf("%s has the label %s", f.Name, label)
				}
			}
		}
	}
}

// Bind must survive label values that Prometheus does not take.
func TestBindInvalidUTF8(t *testing.T) {
	s := &cluster.Snapshot{Nodes: []*cluster.Node{{Name: "a\xff", CapacityCPUCores: cluster.Known(1)}}}
	err := testutil.CollectAndCompare(node.Bind(func() *cluster.Snapshot { return s }), strings.NewReader(
		"# HELP podometer_node_capacity_cpu_cores Cores of the machine that are online.\n"+
			"# TYPE podometer_node_capacity_cpu_cores gauge\n"+
			"podometer_node_capacity_cpu_cores{node=\"a\uFFFD\",pool=\"\"} 1\n"))
	if err != nil {
		t.Error(err)
	}
}
