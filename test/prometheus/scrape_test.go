package prometheus_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// TestFixture scrapes a made-up machine whose figures are known, on any machine and by anyone.
func TestFixture(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := startExporter(t, append(f.flags(), everySecond)...)
	s := scrape(t, e)
	checkFigures(t, s, f)
	checkWork(t, s, f)
	checkFigures(t, s, f)
	checkUptime(t, s, f)
	checkRunningSince(t, s, f, upSeconds-appTicks/100)
	checkNode(t, s, nodeFigures())
	checkContainers(t, s)
	checkTypes(t, s)
	s.checkHealth(t)
	checkLog(t, e)
}

// checkRunningSince wants the running time that the container of a machine has whose clock stands still: podometer adds
// to it what passes between its look at the clock and its look at the container.
func checkRunningSince(t *testing.T, s *server, of subject, seconds float64) {
	t.Helper()
	sample, err := s.newest(t.Context(), series(of, running))
	if got := float64(sample.Value); err != nil || got < seconds || got > seconds+10 {
		t.Errorf("running time %v s (%v), want %v s", got, err, seconds)
	}
}

func checkNode(t *testing.T, s *server, figures map[string]float64) {
	t.Helper()
	s.agree(t, func() (map[string]float64, error) {
		answers := make(map[string]float64, len(figures))
		for family, value := range figures {
			answers[fmt.Sprintf("podometer_%s{node=%q,pool=\"default\"}", family, node)] = value
		}
		return answers, nil
	})
}

// checkContainers wants exactly the containers and services that run.
func checkContainers(t *testing.T, s *server) {
	t.Helper()
	result, _, err := s.api.Query(t.Context(), "podometer_container_processes", model.Now().Time())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, sample := range result.(model.Vector) {
		m := sample.Metric
		got = append(got, fmt.Sprintf("%s/%s/%s %s", m["namespace"], m["workload"], m["container"], m["workload_type"]))
	}
	slices.Sort(got)
	want := []string{"/0123456789ab/0123456789ab docker", "/fedcba987654/fedcba987654 docker", "system.slice/web.service/web.service systemd"}
	if !slices.Equal(got, want) {
		t.Errorf("containers\n%q, want\n%q", got, want)
	}
	s.agree(t, func() (map[string]float64, error) {
		return map[string]float64{
			`podometer_source_up{source="host"}`: 1, `podometer_containers_expected{source="host"}`: 3,
			`podometer_containers_covered{source="host"}`: 3, "sum(podometer_source_errors_total)": 0,
			"sum(podometer_collector_panics_total)": 0,
		}, nil
	})
}

// checkTypes wants Prometheus to know a counter where the name says so, and a gauge elsewhere, with help.
func checkTypes(t *testing.T, s *server) {
	t.Helper()
	metadata, err := s.api.Metadata(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	counter := regexp.MustCompile(`_total$`)
	families := 0
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		if !regexp.MustCompile(`^podometer_(container|node)_`).MatchString(name) {
			continue
		}
		families++
		want := v1.MetricTypeGauge
		if counter.MatchString(name) {
			want = v1.MetricTypeCounter
		}
		if m := metadata[name]; len(m) != 1 || m[0].Type != want || m[0].Help == "" {
			t.Errorf("metadata of %s: %+v, want one %s with help", name, m, want)
		}
	}
	if families == 0 {
		t.Error("Prometheus has no metadata of containers")
	}
}

// checkLog wants nothing in podometer's log that asks for somebody's attention.
func checkLog(t *testing.T, e *exporter) {
	t.Helper()
	if complaint := regexp.MustCompile(`(?m)^.* level=(WARN|ERROR) .*$`).FindString(e.process.Output()); complaint != "" {
		t.Errorf("podometer complains: %s", complaint)
	}
}
