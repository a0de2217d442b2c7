package exporter

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// counting returns a family with a series for each name, after which it panics if it has a reason.
func counting(name string, names []string, reason any) collectors.Family {
	return collectors.Family{
		Name: name, Help: "For this test.", Type: prometheus.GaugeValue, Labels: []string{"name"},
		Collect: func(_ *cluster.Snapshot, emit collectors.Emit) {
			for i, name := range names {
				emit(float64(i), name)
			}
			if reason != nil {
				panic(reason)
			}
		},
	}
}

// TestPanicCostsOnlyItsCollector has a collector that breaks down between two good ones.
func TestPanicCostsOnlyItsCollector(t *testing.T) {
	t.Parallel()
	few, many := words("few", 5), words("many", chunk/20)
	tooFewLabels := collectors.Family{
		Name: "short_family", Help: "For this test.", Type: prometheus.GaugeValue, Labels: []string{"a", "b"},
		Collect: func(_ *cluster.Snapshot, emit collectors.Emit) { emit(1, "x", "y"); emit(2, "only a") },
	}
	noLabels := collectors.Family{
		Name: "bare_family", Help: "For this test.", Type: prometheus.GaugeValue, Labels: []string{"a"},
		Collect: func(_ *cluster.Snapshot, emit collectors.Emit) { emit(1) },
	}
	for name, c := range map[string]struct {
		families []collectors.Family
		sent     bool // some of it before the panic, which can't be taken back
	}{
		"at the start":              {families: []collectors.Family{counting("bad_family", nil, "boom")}},
		"within a family":           {families: []collectors.Family{counting("bad_family", few, "boom")}},
		"in the second family":      {families: []collectors.Family{counting("fine_family", few, nil), counting("bad_family", few, errors.New("boom"))}},
		"before the last family":    {families: []collectors.Family{counting("bad_family", few, "boom"), counting("fine_family", few, nil)}},
		"with too few labels":       {families: []collectors.Family{tooFewLabels}},
		"with nil":                  {families: []collectors.Family{{Name: "bad_family", Collect: nil}}},
		"with http.ErrAbortHandler": {families: []collectors.Family{counting("bad_family", few, http.ErrAbortHandler)}},
		"after it was sent in part": {families: []collectors.Family{counting("bad_family", many, "boom")}, sent: true},
		"after a family was sent":   {families: []collectors.Family{counting("fine_family", many, nil), counting("bad_family", nil, "boom")}, sent: true},
		"after a sent one, within":  {families: []collectors.Family{counting("fine_family", many, nil), counting("bad_family", few, "boom")}, sent: true},
		"after a sent one, headed":  {families: []collectors.Family{counting("fine_family", many, nil), noLabels}, sent: true},
		"after a sent one, midline": {families: []collectors.Family{counting("fine_family", many, nil), tooFewLabels}, sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantOnlyThatMissing(t, c.families, c.sent)
		})
	}
}

func wantOnlyThatMissing(t *testing.T, bad []collectors.Family, sent bool) {
	t.Helper()
	var log journal
	first, last := words("first", 100), words("last", 100)
	handler := newHandler(t, func(o *Options) {
		o.Logger = log.logger()
		o.Collectors = []collectors.Collector{
			{Name: "first", Families: []collectors.Family{counting("first_family", first, nil)}},
			{Name: "bad", Families: bad},
			{Name: "last", Families: []collectors.Family{counting("last_family", last, nil)}},
		}
	})
	const scrapes = 3
	for i := range scrapes {
		families, text := scraped(t, handler, "/metrics")
		byFamily(t, records(t, text)) // no head without samples, no half line
		for _, name := range []string{"first", "last"} {
			if got := len(families["podometer_"+name+"_family"].GetMetric()); got != 100 {
				t.Errorf("collector %s has %d series, want 100", name, got)
			}
			if got := valueOf(t, families, "podometer_collector_series", "collector", name); got != 100 {
				t.Errorf("%v series are said to be in collector %s, want 100", got, name)
			}
			if got := valueOf(t, families, "podometer_collector_panics_total", "collector", name); got != 0 {
				t.Errorf("%v panics are said to be in collector %s", got, name)
			}
		}
		there := 0
		for _, f := range bad {
			there += len(families["podometer_"+f.Name].GetMetric())
		}
		if sent != (there > 0) {
			t.Errorf("%d series of the collector that panicked", there)
		}
		if got := valueOf(t, families, "podometer_collector_series", "collector", "bad"); got != float64(there) {
			t.Errorf("%v series are said to be in the collector that panicked, %d are", got, there)
		}
		if got := valueOf(t, families, "podometer_collector_panics_total", "collector", "bad"); got != float64(i+1) {
			t.Errorf("%v panics are counted after %d scrapes", got, i+1)
		}
	}
	text := log.String()
	if strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, `msg="collector panicked; its series are missing" collector=bad panic=`) ||
		!strings.Contains(text, "stack=") {
		t.Errorf("the log has not one line with the panic: %s", text)
	}
}

// TestPanicOnTheLandingPage leaves the page as it is but for the series of that collector.
func TestPanicOnTheLandingPage(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, func(o *Options) {
		o.Collectors = []collectors.Collector{
			{Name: "bad", Families: []collectors.Family{counting("bad_family", words("few", 5), "boom")}},
			{Name: "last", Families: []collectors.Family{counting("last_family", words("last", 100), nil)}},
		}
	})
	w := get(t, handler, "/")
	if text := visible(w.Body.String()); w.Code != http.StatusOK || !strings.Contains(text, "bad 0 last 100 all 100") {
		t.Errorf("%d %s", w.Code, text)
	}
}
