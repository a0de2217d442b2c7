package exporter

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// records returns the part of an exposition that tells of containers and machines: the same in two scrapes of one
// snapshot. What podometer tells of itself comes after it.
func records(t *testing.T, text string) string {
	t.Helper()
	before, _, ok := strings.Cut(text, "# HELP go_")
	if !ok {
		t.Fatalf("no metrics of the process itself in %q", text)
	}
	return before
}

func fetch(t *testing.T, url, encodings string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", encodings)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// uncompressed returns the whole body.
func uncompressed(t *testing.T, response *http.Response) string {
	t.Helper()
	body := io.Reader(response.Body)
	if response.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(body); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestGzipAndPlainAreTheSame(t *testing.T) {
	t.Parallel()
	snapshot, want := large(t)
	server := httptest.NewServer(newHandler(t, withSnapshot(snapshot)))
	defer server.Close()
	for encodings, encoding := range map[string]string{
		"identity": "", "gzip": "gzip", "gzip;q=0": "", "deflate, gzip;q=1.0, *;q=0.5": "gzip", "zstd": "", "br, zstd": "", "zstd, gzip": "gzip",
	} {
		response := fetch(t, server.URL+"/metrics", encodings)
		if got := response.Header.Get("Content-Encoding"); got != encoding {
			t.Errorf("Accept-Encoding %q is answered with %q, want %q", encodings, got, encoding)
		}
		if got, want := response.Header.Get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8"; got != want {
			t.Errorf("Content-Type %q, want %q", got, want)
		}
		text := uncompressed(t, response)
		if records(t, text) != want {
			t.Errorf("Accept-Encoding %q: the text is not that of the snapshot", encodings)
		}
		parsed(t, strings.NewReader(text))
	}
}

// familiesOf returns the names of the families of the collectors, sorted.
func familiesOf(from ...collectors.Collector) []string {
	var names []string
	for _, c := range from {
		for _, f := range c.Families {
			names = append(names, collectors.Prefix+f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// without returns the collectors but those named.
func without(from []collectors.Collector, names ...string) []collectors.Collector {
	return slices.DeleteFunc(slices.Clone(from), func(c collectors.Collector) bool { return slices.Contains(names, c.Name) })
}

// wantCollectors wants the families of these collectors, a series for each about the scrape, and podometer's own.
func wantCollectors(t *testing.T, families map[string]*dto.MetricFamily, want []collectors.Collector) {
	t.Helper()
	var got []string
	for _, name := range familiesOf(collectors.All...) {
		if families[name] != nil {
			got = append(got, name)
		}
	}
	if want := familiesOf(want...); !slices.Equal(got, want) {
		t.Errorf("families %v, want %v", got, want)
	}
	for _, own := range []string{"podometer_collector_series", "podometer_collector_duration_seconds"} {
		if got := len(families[own].GetMetric()); got != len(want) {
			t.Errorf("%s has %d series, want %d", own, got, len(want))
		}
	}
	for _, own := range []string{"podometer_build_info", "podometer_collector_panics_total", "go_goroutines", "promhttp_metric_handler_requests_total"} {
		if families[own] == nil {
			t.Errorf("%s is missing", own)
		}
	}
}

func TestCollectAndExclude(t *testing.T) {
	t.Parallel()
	all := collectors.All
	handler := newHandler(t)
	for query, want := range map[string][]collectors.Collector{
		"":                               all,
		"?unknown=node":                  all,
		"?collect[]=node":                without(all, slices.DeleteFunc(collectors.Names(all), func(n string) bool { return n == "node" })...),
		"?collect%5B%5D=node":            without(all, slices.DeleteFunc(collectors.Names(all), func(n string) bool { return n == "node" })...),
		"?collect[]=node&collect[]=node": without(all, slices.DeleteFunc(collectors.Names(all), func(n string) bool { return n == "node" })...),
		"?exclude[]=node":                without(all, "node"),
		"?exclude[]=node&exclude[]=container_cpu":                          without(all, "node", "container_cpu"),
		"?exclude[]=" + strings.Join(collectors.Names(all), "&exclude[]="): nil,
	} {
		families, _ := scraped(t, handler, "/metrics"+query)
		t.Run(query, func(t *testing.T) { wantCollectors(t, families, want) })
	}
}

func TestCollectRefused(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, func(o *Options) { o.Collectors = without(collectors.All, "container_detail") })
	on := strings.Join(collectors.Names(without(collectors.All, "container_detail")), ", ")
	for query, want := range map[string]string{
		"?collect[]=nonsense":               `no collector "nonsense" is on; there are: ` + on,
		"?collect[]=":                       `no collector "" is on; there are: ` + on,
		"?collect[]=node&collect[]=Node":    `no collector "Node" is on; there are: ` + on,
		"?exclude[]=nonsense":               `no collector "nonsense" is on; there are: ` + on,
		"?collect[]=container_detail":       `no collector "container_detail" is on; there are: ` + on,
		"?exclude[]=container_detail":       `no collector "container_detail" is on; there are: ` + on,
		"?collect[]=node&exclude[]=node":    "use collect[] or exclude[], not both",
		"?collect[]=%0A%3Cscript%3E%22%FF":  `no collector "\n<script>\"\xff" is on; there are: ` + on,
		"?exclude[]=x&collect[]=x&format=x": "use collect[] or exclude[], not both",
	} {
		w := get(t, handler, "/metrics"+query)
		if w.Code != http.StatusBadRequest || w.Body.String() != want+"\n" {
			t.Errorf("%s: %d %q, want 400 %q", query, w.Code, w.Body, want)
		}
		if got := w.Header().Get("Content-Type"); got != "text/plain; charset=utf-8" {
			t.Errorf("%s: an error of type %q", query, got)
		}
	}
}

func TestOtherMethodsAndPaths(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, func(o *Options) { o.MetricsPath = "/usage/now" })
	scraped(t, handler, "/usage/now")
	for _, path := range []string{"/metrics", "/usage", "/usage/now/", "/debug/pprof/", "/index.html"} {
		if w := get(t, handler, path); w.Code != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/usage/now", strings.NewReader("x")))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d, want 405", w.Code)
	}
	if w := get(t, handler, "/"); !strings.Contains(w.Body.String(), `href="/usage/now"`) {
		t.Errorf("the landing page does not lead to the metrics: %s", w.Body)
	}
}

func TestMetricsInPlaceOfTheLandingPage(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, func(o *Options) { o.MetricsPath = "/" })
	families, _ := scraped(t, handler, "/")
	wantCollectors(t, families, collectors.All)
	if w := get(t, handler, "/healthz"); w.Body.String() != "ok\n" {
		t.Errorf("/healthz: %d %s", w.Code, w.Body)
	}
}

func TestConstantLabelsAreOnEverySeries(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, func(o *Options) {
		o.ConstLabels = map[string]string{"site": `a "b"`, "rack": ""}
		o.Sources = []cluster.Source{&source{name: "host", status: cluster.Status{Errors: map[string]uint64{"read": 1}}}}
	})
	scraped(t, handler, "/metrics") // so that the second one has something to say of the first
	families, _ := scraped(t, handler, "/metrics")
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			if !hasLabels(metric, []string{"site", `a "b"`, "rack", ""}) {
				t.Errorf("%s lacks constant labels: %v", name, metric)
			}
		}
	}
	for _, want := range append(familiesOf(collectors.All...), "podometer_source_up", "podometer_collector_series", "process_start_time_seconds") {
		if families[want] == nil {
			t.Errorf("%s is missing among %v", want, slices.Sorted(maps.Keys(families)))
		}
	}
}
