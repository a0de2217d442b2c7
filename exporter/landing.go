package exporter

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/common/version"

	"github.com/podometer/podometer/cluster"
)

//go:embed landing.html
var landingHTML string

// page is what the landing page shows.
type page struct {
	Version, Mode, MetricsPath string
	Sources                    []pageSource
	Collectors                 []pageCollector
	Series                     int
}

type pageCollector struct {
	Collector string
	Series    int
}

type pageSource struct {
	Name, Problem     string
	Up                bool
	Age               string
	Covered, Expected int
}

// landing serves the page for people: mode, sources with their state and age, collectors with their series, links.
func (e *Exporter) landing(w http.ResponseWriter, _ *http.Request) {
	page := page{Version: version.Version, Mode: e.options.Mode, MetricsPath: e.options.MetricsPath}
	for _, source := range e.options.Sources {
		page.Sources = append(page.Sources, newPageSource(source))
	}
	s := scrape{to: io.Discard, snapshot: e.options.Snapshot(), buffer: e.buffers.get()}
	defer func() { e.buffers.put(s.buffer) }()
	for i := range e.collectors {
		o := s.run(&e.collectors[i], e.panics.record)
		page.Collectors = append(page.Collectors, pageCollector{o.collector, o.series})
		page.Series += o.series
	}
	var html bytes.Buffer
	if err := template.Must(template.New("landing").Parse(landingHTML)).Execute(&html, page); err != nil {
		e.options.Logger.Error("landing page can't be made", "err", err)
		http.Error(w, "the page can't be made, see the log", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = w.Write(html.Bytes())
}

func newPageSource(source cluster.Source) pageSource {
	status := source.Status()
	p := pageSource{Name: source.Name(), Up: status.Up, Problem: status.Problem, Covered: status.Covered, Expected: status.Expected}
	if err := source.Ready(); err != nil && p.Problem == "" {
		p.Problem = err.Error()
	}
	if !status.LastSuccess.IsZero() {
		p.Age = time.Since(status.LastSuccess).Round(100 * time.Millisecond).String()
	}
	return p
}
