package exporter

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// ourText is what a scrape writes of the collectors.
func ourText(from []collectors.Collector, constant map[string]string, snapshot *cluster.Snapshot) string {
	var out bytes.Buffer
	s := scrape{to: &out, snapshot: snapshot}
	list := newTextCollectors(from, constant)
	for i := range list {
		s.run(&list[i], func(_ string, reason any) { panic(reason) })
	}
	s.flush()
	return out.String()
}

// theirText is what client_golang writes of the same.
func theirText(t *testing.T, from []collectors.Collector, constant map[string]string, snapshot *cluster.Snapshot) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for _, c := range from {
		prometheus.WrapRegistererWith(constant, registry).MustRegister(c.Bind(func() *cluster.Snapshot { return snapshot }))
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	encoder := expfmt.NewEncoder(&out, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// byFamily returns the lines of each family: two of its head, then its samples in alphabetical order. Every family
// must stand in one piece behind its own head.
func byFamily(t *testing.T, text string) map[string][]string {
	t.Helper()
	families := map[string][]string{}
	name := ""
	for line := range strings.Lines(text) {
		if help, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, _, _ = strings.Cut(help, " ")
			if families[name] != nil {
				t.Fatalf("%s comes twice", name)
			}
		} else if !strings.HasPrefix(line, "# TYPE "+name+" ") && !strings.HasPrefix(line, name+"{") && !strings.HasPrefix(line, name+" ") {
			t.Fatalf("line %q stands in family %s", line, name)
		}
		families[name] = append(families[name], line)
	}
	for name, lines := range families {
		if len(lines) < 3 {
			t.Fatalf("family %s has a head and no samples: %q", name, lines)
		}
		slices.Sort(lines[2:])
	}
	return families
}

func wantSameText(t *testing.T, from []collectors.Collector, constant map[string]string, snapshot *cluster.Snapshot) map[string][]string {
	t.Helper()
	ours := byFamily(t, ourText(from, constant, snapshot))
	theirs := byFamily(t, theirText(t, from, constant, snapshot))
	if got, want := slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs)); !slices.Equal(got, want) {
		t.Fatalf("families %v, want those of client_golang: %v", got, want)
	}
	for name, lines := range ours {
		if want := theirs[name]; !slices.Equal(lines, want) {
			t.Errorf("%s:\n%s\nwant, as client_golang:\n%s", name, strings.Join(lines, ""), strings.Join(want, ""))
		}
	}
	return ours
}

// manyRecords is a number of records that gives every field every odd number and every odd string.
func manyRecords() int { return len(oddNumbers()) * 2 }

func TestTextIsThatOfClientGolang(t *testing.T) {
	t.Parallel()
	snapshot := filled(t, manyRecords())
	for _, c := range collectors.All {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			families := wantSameText(t, []collectors.Collector{c}, nil, snapshot)
			for _, f := range c.Families {
				if samples := len(families[collectors.Prefix+f.Name]) - 2; samples != manyRecords() {
					t.Errorf("%s has %d samples of %d records: nothing was compared", f.Name, samples, manyRecords())
				}
			}
		})
	}
}

func TestTextWithConstantLabels(t *testing.T) {
	t.Parallel()
	constant := map[string]string{"a_first": "", "m_middle": `odd "value"\` + "\n", "zone": "容器"}
	wantSameText(t, collectors.All, constant, filled(t, manyRecords()))
}

// TestTextOfUncommonFamilies goes through what no family of ours is so far.
func TestTextOfUncommonFamilies(t *testing.T) {
	t.Parallel()
	emit := func(_ *cluster.Snapshot, emit collectors.Emit) { emit(3) }
	from := []collectors.Collector{{Name: "uncommon", Families: []collectors.Family{
		{Name: "bare", Help: "No labels.", Type: prometheus.GaugeValue, Collect: emit},
		{Name: "untyped", Help: "Neither counter nor gauge.", Type: prometheus.UntypedValue, Collect: emit},
		{Name: "help", Help: "Two\nlines, a \\ and \"quotes\".", Type: prometheus.CounterValue, Collect: emit},
		{Name: "labels", Help: "Labels out of order.", Type: prometheus.GaugeValue, Labels: []string{"z", "a", "m"}, Collect: func(_ *cluster.Snapshot, emit collectors.Emit) {
			labels := []string{"is z", "is a", "is m"}
			emit(1, labels...)
			labels[1] = "another a" // the slice is the collector's
			emit(2, labels...)
		}},
	}}}
	for _, constant := range []map[string]string{nil, {"zone": "x"}, {"b": "1", "n": "2"}} {
		wantSameText(t, from, constant, &cluster.Snapshot{})
	}
}

func TestTextOfNothingIsEmpty(t *testing.T) {
	t.Parallel()
	nothing := []*cluster.Snapshot{{}, {Nodes: []*cluster.Node{{}}, NodeUsage: []*cluster.NodeUsage{{}}, Usage: []*cluster.Usage{{}}}}
	for _, snapshot := range nothing {
		if text := ourText(collectors.All, map[string]string{"zone": "x"}, snapshot); text != "" {
			t.Errorf("a snapshot without numbers gives %q", text)
		}
	}
}
