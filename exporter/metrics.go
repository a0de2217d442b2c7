package exporter

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/podometer/podometer/collectors"
)

// metrics serves /metrics. ?collect[]=NAME leaves only the collectors named, ?exclude[]=NAME leaves those out; what
// podometer tells of itself always comes with them.
func (e *Exporter) metrics(w http.ResponseWriter, r *http.Request) {
	chosen, err := e.choose(r.URL.Query()["collect[]"], r.URL.Query()["exclude[]"])
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	s := scrape{to: w, snapshot: e.options.Snapshot(), buffer: e.buffers.get()}
	defer func() { e.buffers.put(s.buffer) }()
	own := newScrapeMetrics()
	for i := range chosen {
		own.outcomes = append(own.outcomes, s.run(&chosen[i], e.panics.record))
	}
	s.flush()
	if s.err != nil {
		e.options.Logger.Debug("scrape was not read to its end", "client", r.RemoteAddr, "err", s.err)
		return
	}
	if err := e.writeSelf(w, own); err != nil {
		e.options.Logger.Debug("scrape was not read to its end", "client", r.RemoteAddr, "err", err)
	}
}

// choose returns the collectors that a request asks for.
func (e *Exporter) choose(only, except []string) ([]textCollector, error) {
	if len(only) > 0 && len(except) > 0 {
		return nil, fmt.Errorf("use collect[] or exclude[], not both")
	}
	for _, name := range slices.Concat(only, except) {
		if !slices.ContainsFunc(e.collectors, func(c textCollector) bool { return c.name == name }) {
			return nil, fmt.Errorf("no collector %q is on; there are: %s", name, strings.Join(collectors.Names(e.options.Collectors), ", "))
		}
	}
	var chosen []textCollector
	for _, c := range e.collectors {
		if (len(only) == 0 || slices.Contains(only, c.name)) && !slices.Contains(except, c.name) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

// writeSelf writes podometer's metrics about itself and about this scrape.
func (e *Exporter) writeSelf(w http.ResponseWriter, own scrapeMetrics) error {
	registry := prometheus.NewRegistry()
	if err := prometheus.WrapRegistererWith(e.options.ConstLabels, registry).Register(own); err != nil {
		return err
	}
	families, err := prometheus.Gatherers{e.self, registry}.Gather()
	if err != nil {
		e.options.Logger.Error("own metrics are incomplete", "err", err)
	}
	encoder := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return err
		}
	}
	return nil
}
