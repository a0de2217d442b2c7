package exporter

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

const (
	generationSize = 40
	scrapers       = 6
	scrapesEach    = 5
)

// generation returns rows whose every value is n.
func generation(n int) map[string]*cluster.Usage {
	rows := map[string]*cluster.Usage{}
	for _, name := range words("c", generationSize) {
		u := &cluster.Usage{Identity: cluster.Identity{Container: name}}
		value := cluster.Known(float64(n))
		u.CPU.UsageSeconds, u.CPU.UsageCores, u.Memory.WorkingSet, u.Pressure.IO.Stalled, u.Processes = value, value, value, value, value
		rows[name] = u
	}
	return rows
}

// TestOverlappingScrapes has many scrapes at the same time while the store is replaced: each one is a whole picture of
// one moment.
func TestOverlappingScrapes(t *testing.T) {
	t.Parallel()
	var store cluster.Store
	store.Usage.Replace(generation(0))
	server := httptest.NewServer(newHandler(t, func(o *Options) { o.Snapshot = store.Snapshot }))
	defer server.Close()

	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		for n := 1; ; n++ {
			select {
			case <-stop:
				stopped <- n
				return
			default:
				store.Usage.Replace(generation(n))
			}
		}
	}()
	t.Run("scrapers", func(t *testing.T) {
		for scraper := range scrapers {
			t.Run(fmt.Sprint(scraper), func(t *testing.T) {
				t.Parallel()
				for range scrapesEach {
					wantOneGeneration(t, server.URL+[]string{"/metrics", "/metrics?exclude[]=node", "/"}[scraper%3], scraper%2 == 0)
				}
			})
		}
	})
	close(stop)
	if n := <-stopped; n < 2 {
		t.Errorf("the store was replaced %d times only", n)
	}
}

func wantOneGeneration(t *testing.T, url string, compressed bool) {
	t.Helper()
	encoding := "identity"
	if compressed {
		encoding = "gzip"
	}
	response := fetch(t, url, encoding)
	text := uncompressed(t, response)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, response.Status)
	}
	if strings.HasSuffix(url, "/") {
		return // the landing page
	}
	families := parsed(t, strings.NewReader(text))
	if families["podometer_collector_panics_total"] == nil {
		t.Fatal("the answer has no end")
	}
	first := families["podometer_container_cpu_usage_seconds_total"].GetMetric()
	for _, name := range familiesOf(collectors.All...) {
		if family := families[name]; family != nil {
			wantEverywhere(t, family, first[0].GetCounter().GetValue())
		}
	}
}

// wantEverywhere wants every container in the family, with the value.
func wantEverywhere(t *testing.T, family *dto.MetricFamily, want float64) {
	t.Helper()
	if got := len(family.GetMetric()); got != generationSize {
		t.Errorf("%s has %d series, want %d", family.GetName(), got, generationSize)
	}
	for _, metric := range family.GetMetric() {
		if got := metric.GetCounter().GetValue() + metric.GetGauge().GetValue(); got != want {
			t.Errorf("%s has values %v and %v in one scrape", family.GetName(), got, want)
		}
	}
}
