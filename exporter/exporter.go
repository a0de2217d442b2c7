package exporter

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/model"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// Options say what is presented.
type Options struct {
	Mode        string // shown on the landing page
	Collectors  []collectors.Collector
	Sources     []cluster.Source
	Snapshot    func() *cluster.Snapshot
	MetricsPath string
	ConstLabels map[string]string // on every series
	MaxRequests int               // scrapes at the same time; 0: any number
	Logger      *slog.Logger
}

// Exporter answers the requests of Prometheus and of people. It is safe for concurrent use.
type Exporter struct {
	options    Options
	collectors []textCollector
	self       prometheus.Gatherer
	panics     panics
	buffers    buffers
}

// New returns the handler of everything podometer serves. It fails when a constant label can't be added to every series.
func New(o Options) (http.Handler, error) {
	if err := checkConstLabels(o.ConstLabels, o.Collectors); err != nil {
		return nil, err
	}
	registry, panicked := newSelfRegistry(o.ConstLabels, o.Sources, o.Collectors)
	e := &Exporter{
		options:    o,
		collectors: newTextCollectors(o.Collectors, o.ConstLabels),
		self:       registry,
		panics:     panics{logger: o.Logger, count: func(c string) { panicked.WithLabelValues(c).Inc() }},
	}
	compress, err := gzhttp.NewWrapper(gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(false))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+o.MetricsPath, promhttp.InstrumentMetricHandler(
		prometheus.WrapRegistererWith(o.ConstLabels, registry), limit(o.MaxRequests, compress(http.HandlerFunc(e.metrics)))))
	mux.HandleFunc("GET /healthz", e.healthz)
	mux.HandleFunc("GET /readyz", e.readyz)
	if o.MetricsPath != "/" {
		mux.HandleFunc("GET /{$}", e.landing)
	}
	return mux, nil
}

// limit answers 503 while most requests are under way. A client that reads slowly holds on to a snapshot and a buffer.
func limit(most int, next http.Handler) http.Handler {
	if most <= 0 {
		return next
	}
	places := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(w, r)
		default:
			http.Error(w, fmt.Sprintf("%d scrapes are under way, which is --web.max-requests", most), http.StatusServiceUnavailable)
		}
	})
}

// checkConstLabels refuses labels that Prometheus does not take or that some series has already.
func checkConstLabels(constant map[string]string, from []collectors.Collector) error {
	taken := map[string]bool{"source": true, "reason": true, "collector": true, "code": true, "quantile": true, "le": true,
		"version": true, "revision": true, "branch": true, "goversion": true, "goos": true, "goarch": true, "tags": true}
	for _, c := range from {
		for _, f := range c.Families {
			for _, label := range f.Labels {
				taken[label] = true
			}
		}
	}
	for name, value := range constant {
		switch {
		case !model.LegacyValidation.IsValidLabelName(name) || name[0] == '_' && len(name) > 1 && name[1] == '_':
			return fmt.Errorf("--const-label: %q is no label name: use letters, digits and _, no digit first, no __", name)
		case taken[name]:
			return fmt.Errorf("--const-label: podometer has a label %s of its own: use another name", name)
		case !model.LabelValue(value).IsValid():
			return fmt.Errorf("--const-label: the value of %s is not UTF-8", name)
		}
	}
	return nil
}
