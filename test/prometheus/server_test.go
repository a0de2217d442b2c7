package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/podometer/podometer/test/harness"
)

// node is the name that every podometer gives to the machine.
const node = "machine"

// server is a Prometheus that scrapes one podometer every second.
type server struct {
	process *harness.Process
	api     v1.API
	url     string
}

// scrape starts a Prometheus that scrapes e, with more lines for its scrape configuration, and waits for the first
// scrape that succeeds.
func scrape(t *testing.T, e *exporter, more ...string) *server {
	t.Helper()
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
- job_name: podometer
  static_configs: [{targets: [%q]}]
  %s
`, e.address, strings.Join(more, "\n  "))
	dir := t.TempDir()
	path := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	process := harness.Start(t, harness.Tool(t, "github.com/prometheus/prometheus/cmd/prometheus", "remove_all_sd"),
		"--config.file="+path, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0")
	listening := process.Await(t, `msg="Listening on".* address=(\S+)`)
	process.Await(t, `Server is ready to receive web requests`)
	s := &server{process: process, url: "http://" + listening[1]}
	client, err := api.NewClient(api.Config{Address: s.url})
	if err != nil {
		t.Fatal(err)
	}
	s.api = v1.NewAPI(client)
	s.agree(t, func() (map[string]float64, error) { return map[string]float64{"up": 1}, nil })
	return s
}

// query returns the one sample that PromQL answers at a time.
func (s *server) query(ctx context.Context, promQL string, at model.Time) (model.Sample, error) {
	result, warnings, err := s.api.Query(ctx, promQL, at.Time())
	if err != nil {
		return model.Sample{}, fmt.Errorf("%s: %w", promQL, err)
	}
	if len(warnings) > 0 {
		return model.Sample{}, fmt.Errorf("%s: Prometheus warns: %q", promQL, warnings)
	}
	vector, ok := result.(model.Vector)
	if !ok || len(vector) != 1 {
		return model.Sample{}, fmt.Errorf("%s: want one sample, got %v", promQL, result)
	}
	return *vector[0], nil
}

// newest returns the newest sample of one series, with the time of its scrape.
func (s *server) newest(ctx context.Context, selector string) (model.SamplePair, error) {
	result, _, err := s.api.Query(ctx, selector+"[1m]", time.Now())
	if err != nil {
		return model.SamplePair{}, fmt.Errorf("%s: %w", selector, err)
	}
	matrix, ok := result.(model.Matrix)
	if !ok || len(matrix) != 1 {
		return model.SamplePair{}, fmt.Errorf("%s: want one series, got %v", selector, result)
	}
	return matrix[0].Values[len(matrix[0].Values)-1], nil
}

// agree waits until Prometheus answers every query with the wanted value. The values are asked for at every try.
func (s *server) agree(t *testing.T, wanted func() (map[string]float64, error)) {
	t.Helper()
	harness.Eventually(t, func() (struct{}, error) {
		values, err := wanted()
		if err != nil {
			return struct{}{}, err
		}
		var wrong []error
		for promQL, want := range values {
			got, err := s.query(t.Context(), promQL, model.Now())
			if err == nil && !same(float64(got.Value), want) {
				err = fmt.Errorf("%s = %v, want %v", promQL, got.Value, want)
			}
			wrong = append(wrong, err)
		}
		return struct{}{}, errors.Join(wrong...)
	})
}

// same allows for the rounding of floating point, and for nothing more.
func same(got, want float64) bool {
	return math.Abs(got-want) <= 1e-12*math.Abs(want)
}

// checkHealth fails the test if Prometheus met anything it does not like in what it scraped.
func (s *server) checkHealth(t *testing.T) {
	t.Helper()
	harness.Eventually(t, func() (struct{}, error) { return struct{}{}, s.targetHealth(t.Context()) })
	if complaint := regexp.MustCompile(`(?m)^.* level=(WARN|ERROR) .*$`).FindString(s.process.Output()); complaint != "" {
		t.Errorf("Prometheus complains: %s", complaint)
	}
	own := (&exporter{url: s.url, client: http.DefaultClient}).metrics(t, "/metrics")
	families := parse(t, own)
	for _, name := range []string{
		"sample_duplicate_timestamp", "sample_out_of_order", "sample_out_of_bounds", "exceeded_sample_limit", "exceeded_body_size_limit",
	} {
		family, ok := families["prometheus_target_scrapes_"+name+"_total"]
		if !ok {
			t.Errorf("Prometheus does not count %s", name)
			continue
		}
		for _, metric := range family.Metric {
			if count := metric.Counter.GetValue(); count != 0 {
				t.Errorf("Prometheus counts %v of %s", count, name)
			}
		}
	}
}

// targetHealth returns what is wrong with the newest scrape.
func (s *server) targetHealth(ctx context.Context) error {
	targets, err := s.api.Targets(ctx)
	if err != nil {
		return err
	}
	if len(targets.Active) != 1 || len(targets.Dropped) != 0 {
		return fmt.Errorf("want one target, got %+v", targets)
	}
	if target := targets.Active[0]; target.Health != v1.HealthGood || target.LastError != "" {
		return fmt.Errorf("target is %s: %s", target.Health, target.LastError)
	}
	return nil
}
