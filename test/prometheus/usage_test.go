package prometheus_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/prometheus/common/model"

	"github.com/podometer/podometer/test/harness"
)

const (
	usage   = "container_cpu_usage_seconds_total"
	cores   = "container_cpu_usage_cores"
	started = "container_start_timestamp_seconds"
	running = "container_running_seconds_total"
)

// subject is a container whose true figures the test knows. While it stands still, none of them moves.
type subject interface {
	id() string
	// figures returns what podometer must say: families, without their prefix, and the values.
	figures() (map[string]float64, error)
	// work uses the CPU for a while, and returns when the subject stands still again.
	work(t *testing.T)
}

// series selects a family's one series of the subject.
func series(of subject, family string) string {
	short := of.id()[:12]
	return fmt.Sprintf(`podometer_%s{container=%q,workload=%[2]q,workload_type="docker",namespace="",pod="",node=%[3]q}`, family, short, node)
}

// checkFigures waits until Prometheus knows every figure of a subject that stands still.
func checkFigures(t *testing.T, s *server, of subject) {
	t.Helper()
	s.agree(t, func() (map[string]float64, error) {
		figures, err := of.figures()
		answers := make(map[string]float64, len(figures))
		for family, value := range figures {
			answers[series(of, family)] = value
		}
		return answers, err
	})
}

// stretch is the time from one scrape to another, between which a subject used the CPU.
type stretch struct {
	from, to model.Time
	used     float64 // CPU seconds
}

func (s stretch) seconds() float64 { return float64(s.to-s.from) / 1e3 }

// within is the range that holds both scrapes. PromQL leaves out what is exactly as old as the range is long.
func (s stretch) within() string { return fmt.Sprintf("[%dms]", s.to-s.from+1) }

// checkWork compares what PromQL makes of the counter of CPU time with what the subject used while it worked. It
// stands still at the first and at the last scrape of the range, so the answers are exact.
func checkWork(t *testing.T, s *server, of subject) stretch {
	t.Helper()
	counter := series(of, usage)
	before, first := awaitUsage(t, s, of)
	of.work(t)
	after, last := awaitUsage(t, s, of)
	worked := stretch{first, last, after - before}
	if worked.used <= 0 {
		t.Fatalf("the subject used %v s", worked.used)
	}
	for promQL, want := range map[string]float64{
		"rate(" + counter + worked.within() + ")":                        worked.used / worked.seconds(),
		counter + fmt.Sprintf(" - (%s @ %.3f)", counter, seconds(first)): worked.used,
	} {
		got, err := s.query(t.Context(), promQL, last)
		if err != nil || !same(float64(got.Value), want) {
			t.Errorf("%s = %v (%v), want %v", promQL, got.Value, err, want)
		}
	}
	return worked
}

// awaitUsage waits for a scrape with the CPU time that the subject has used, and returns that and the scrape's time.
func awaitUsage(t *testing.T, s *server, of subject) (float64, model.Time) {
	t.Helper()
	figures, err := of.figures()
	if err != nil {
		t.Fatal(err)
	}
	sample := harness.Eventually(t, func() (model.SamplePair, error) {
		sample, err := s.newest(t.Context(), series(of, usage))
		if err == nil && !same(float64(sample.Value), figures[usage]) {
			err = fmt.Errorf("CPU time is %v s, want %v", sample.Value, figures[usage])
		}
		return sample, err
	})
	return figures[usage], sample.Timestamp
}

// checkUptime asks Prometheus how long ago the subject started.
func checkUptime(t *testing.T, s *server, of subject) {
	t.Helper()
	figures, err := of.figures()
	if err != nil {
		t.Fatal(err)
	}
	now := model.Now()
	promQL := "time() - " + series(of, started)
	got, err := s.query(t.Context(), promQL, now)
	const exact = 2e-3 // the samples' times and values are in milliseconds
	if want := seconds(now) - figures[started]; err != nil || math.Abs(float64(got.Value)-want) > exact {
		t.Errorf("%s = %v (%v), want %v", promQL, got.Value, err, want)
	}
}

func seconds(t model.Time) float64 { return float64(t) / 1e3 }
