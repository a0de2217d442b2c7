package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podometer/podometer/collectors"
)

func TestDriftIsFound(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "docs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true, io.Discard); err == nil || !strings.Contains(err.Error(), "make generate") {
		t.Errorf("a missing page: %v", err)
	}
	if err := run(root, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true, io.Discard); err != nil {
		t.Errorf("what has just been written: %v", err)
	}
	page := filepath.Join(root, "docs", "flags.md")
	if err := os.WriteFile(page, []byte("edited\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true, io.Discard); err == nil || !strings.Contains(err.Error(), "docs/flags.md") {
		t.Errorf("an edited page: %v", err)
	}
}

func TestEveryFamilyIsDocumented(t *testing.T) {
	page, err := metricsPage()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range collectors.All {
		for _, f := range c.Families {
			if !strings.Contains(string(page), "| `podometer_"+f.Name+"` |") {
				t.Errorf("%s is not on the page", f.Name)
			}
		}
	}
	for _, own := range []string{"build_info", "source_up", "source_last_success_timestamp_seconds", "source_errors_total", "source_sample_age_seconds",
		"containers_expected", "containers_covered", "collector_duration_seconds", "collector_series", "collector_panics_total"} {
		if !strings.Contains(string(page), "| `podometer_"+own+"` |") {
			t.Errorf("%s is not on the page", own)
		}
	}
}
