package exporter

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// wantLines wants exactly these samples among those whose name begins with one of the prefixes.
func wantLines(t *testing.T, text string, prefixes []string, want ...string) {
	t.Helper()
	var got []string
	for line := range strings.Lines(text) {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line, p) }) {
			got = append(got, strings.TrimSpace(line))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestSourceMetrics follows a source from its first moment through success, trouble in part and failure.
func TestSourceMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // in which the year 2000 begins
		health := cluster.NewHealth(time.Minute, "parse", "read")
		handler := newHandler(t, withSources(&living{source: source{name: "host"}, health: health}))
		want := func(lines ...string) {
			t.Helper()
			_, text := scraped(t, handler, "/metrics")
			wantLines(t, text, []string{"podometer_source_", "podometer_containers_"}, lines...)
		}
		want(`podometer_source_up{source="host"} 0`, `podometer_containers_expected{source="host"} 0`, `podometer_containers_covered{source="host"} 0`,
			`podometer_source_errors_total{reason="parse",source="host"} 0`, `podometer_source_errors_total{reason="read",source="host"} 0`)

		time.Sleep(1500 * time.Millisecond)
		health.Count("parse")
		health.Succeed(time.Now(), 6, 7)
		time.Sleep(250 * time.Millisecond)
		want(`podometer_source_up{source="host"} 1`, `podometer_containers_expected{source="host"} 7`, `podometer_containers_covered{source="host"} 6`,
			`podometer_source_errors_total{reason="parse",source="host"} 1`, `podometer_source_errors_total{reason="read",source="host"} 0`,
			`podometer_source_last_success_timestamp_seconds{source="host"} 9.466848015e+08`, `podometer_source_sample_age_seconds{source="host"} 0.25`)

		time.Sleep(time.Hour)
		health.Fail("read", errors.New("gone"))
		health.Fail("new", errors.New("a reason nobody announced"))
		want(`podometer_source_up{source="host"} 0`, `podometer_containers_expected{source="host"} 7`, `podometer_containers_covered{source="host"} 0`,
			`podometer_source_errors_total{reason="new",source="host"} 1`, `podometer_source_errors_total{reason="parse",source="host"} 1`, `podometer_source_errors_total{reason="read",source="host"} 1`,
			`podometer_source_last_success_timestamp_seconds{source="host"} 9.466848015e+08`, `podometer_source_sample_age_seconds{source="host"} 3600.25`)
	})
}

func TestMetricsOfSeveralSources(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, withSources(
		&source{name: "kube", status: cluster.Status{Up: true, Expected: 3, Covered: 2}},
		&source{name: "kubelet", status: cluster.Status{Errors: map[string]uint64{"timeout": 1 << 40}}},
	))
	_, text := scraped(t, handler, "/metrics")
	wantLines(t, text, []string{"podometer_source_", "podometer_containers_"},
		`podometer_source_up{source="kube"} 1`, `podometer_containers_expected{source="kube"} 3`, `podometer_containers_covered{source="kube"} 2`,
		`podometer_source_up{source="kubelet"} 0`, `podometer_containers_expected{source="kubelet"} 0`, `podometer_containers_covered{source="kubelet"} 0`,
		`podometer_source_errors_total{reason="timeout",source="kubelet"} 1.099511627776e+12`)
}

// TestCollectorMetrics counts the series of each collector as they are, and those of this scrape only.
func TestCollectorMetrics(t *testing.T) {
	t.Parallel()
	handler := newHandler(t)
	families, _ := scraped(t, handler, "/metrics?collect[]=node&collect[]=container_cpu")
	for _, c := range collectors.All {
		if c.Name != "node" && c.Name != "container_cpu" {
			continue
		}
		series := 0
		for _, f := range c.Families {
			series += len(families[collectors.Prefix+f.Name].GetMetric())
		}
		if got := valueOf(t, families, "podometer_collector_series", "collector", c.Name); got != float64(series) || got == 0 {
			t.Errorf("%v series are said to be in %s, %d are", got, c.Name, series)
		}
		if took := valueOf(t, families, "podometer_collector_duration_seconds", "collector", c.Name); took < 0 {
			t.Errorf("%s took %v s", c.Name, took)
		}
	}
	if got := len(families["podometer_collector_series"].GetMetric()); got != 2 {
		t.Errorf("%d collectors are said to have run", got)
	}
	if got := len(families["podometer_collector_panics_total"].GetMetric()); got != len(collectors.All) {
		t.Errorf("panics of %d collectors are counted, want all that are on", got)
	}
}

// TestDurationIsWithoutTheClient has a client that takes its time, which is not the collector's.
func TestDurationIsWithoutTheClient(t *testing.T) {
	t.Parallel()
	snapshot, _ := large(t)
	synctest.Test(t, func(t *testing.T) {
		s := scrape{to: slowWriter{}, snapshot: snapshot}
		for _, c := range newTextCollectors(collectors.All, nil) {
			if o := s.run(&c, func(string, any) {}); o.duration != 0 {
				t.Errorf("%s took %s in a bubble where only the client lets time pass", c.name, o.duration)
			}
		}
		if s.waited == 0 {
			t.Error("the client took no time")
		}
	})
}

// slowWriter takes a second for each write.
type slowWriter struct{}

func (slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Second)
	return len(p), nil
}

// TestLint asks client_golang's linter about everything that is served.
func TestLint(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, withSources(&source{name: "host", status: cluster.Status{
		Up: true, LastSuccess: time.Now(), Errors: map[string]uint64{"read": 1}, Expected: 1, Covered: 1,
	}}))
	scraped(t, handler, "/metrics")
	families, text := scraped(t, handler, "/metrics")
	for _, own := range []string{
		"podometer_build_info", "podometer_source_up", "podometer_source_last_success_timestamp_seconds", "podometer_source_sample_age_seconds",
		"podometer_source_errors_total", "podometer_containers_expected", "podometer_containers_covered", "podometer_collector_series",
		"podometer_collector_duration_seconds", "podometer_collector_panics_total", "promhttp_metric_handler_requests_total", "go_goroutines",
	} {
		if len(families[own].GetMetric()) == 0 {
			t.Errorf("%s is missing", own)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
