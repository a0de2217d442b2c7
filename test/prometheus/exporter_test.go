package prometheus_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/podometer/podometer/test/harness"
)

// everySecond makes podometer look as often as the Prometheus of the tests scrapes.
const everySecond = "--usage.interval=1s"

// exporter is a podometer that runs.
type exporter struct {
	process *harness.Process
	address string
	url     string
	client  *http.Client
}

// startExporter starts podometer on this machine, or on the one that args name, and waits until it is ready.
func startExporter(t *testing.T, args ...string) *exporter {
	t.Helper()
	e := launch(t, args...)
	e.url, e.client = "http://"+e.address, http.DefaultClient
	e.awaitReady(t)
	return e
}

func launch(t *testing.T, args ...string) *exporter {
	t.Helper()
	always := []string{
		"--mode=host", "--host.docker-socket=", "--host.podman-socket=", "--host.name=" + node,
		"--web.listen-address=127.0.0.1:0",
	}
	process := harness.Start(t, harness.Podometer(t), append(always, args...)...)
	listening := process.Await(t, `msg="Listening on" address=(\S+)`)
	return &exporter{process: process, address: listening[1]}
}

func (e *exporter) awaitReady(t *testing.T) {
	t.Helper()
	harness.Eventually(t, func() (struct{}, error) {
		_, _, err := e.fetch(t, "/readyz", nil)
		return struct{}{}, err
	})
}

// fetch returns the body and the header of an answer 200; any other answer is an error.
func (e *exporter) fetch(t *testing.T, path string, header http.Header) ([]byte, http.Header, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+path, nil)
	if err != nil {
		return nil, nil, err
	}
	maps.Copy(request.Header, header)
	response, err := e.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, response.Status, body)
	}
	return body, response.Header, err
}

// metrics returns what a scrape answers.
func (e *exporter) metrics(t *testing.T, path string) []byte {
	t.Helper()
	body, _, err := e.fetch(t, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// parse reads an exposition with Prometheus' own parser.
func parse(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return families
}
