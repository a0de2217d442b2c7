// Package exporter presents podometer over HTTP: /metrics for Prometheus, /healthz and /readyz for whoever keeps it
// running, and a landing page for people. A scrape takes a snapshot and writes it as text; it never waits for a
// source.
package exporter
