package exporter

import (
	"fmt"
	"net/http"
	"strings"
)

// healthz tells that the process answers. Whether its data is good is readyz's matter.
func (e *Exporter) healthz(w http.ResponseWriter, _ *http.Request) {
	_, _ = fmt.Fprintln(w, "ok")
}

// readyz tells whether every source has a full and fresh picture, with a line for each that has not.
func (e *Exporter) readyz(w http.ResponseWriter, _ *http.Request) {
	var wanting strings.Builder
	for _, source := range e.options.Sources {
		if err := source.Ready(); err != nil {
			fmt.Fprintf(&wanting, "%s: %v\n", source.Name(), err)
		}
	}
	if wanting.Len() > 0 {
		http.Error(w, strings.TrimSpace(wanting.String()), http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}
