package exporter

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

func TestConstLabelsRefused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":              `--const-label: "" is no label name`,
		"0zone":         `--const-label: "0zone" is no label name`,
		"my-zone":       `--const-label: "my-zone" is no label name`,
		"zone name":     `--const-label: "zone name" is no label name`,
		"zöne":          `--const-label: "zöne" is no label name`,
		"a\"b":          `--const-label: "a\"b" is no label name`,
		"\xff":          `--const-label: "\xff" is no label name`,
		"__":            `--const-label: "__" is no label name`,
		"__name__":      `--const-label: "__name__" is no label name`,
		"namespace":     "--const-label: podometer has a label namespace of its own",
		"pool":          "--const-label: podometer has a label pool of its own",
		"source":        "--const-label: podometer has a label source of its own",
		"collector":     "--const-label: podometer has a label collector of its own",
		"code":          "--const-label: podometer has a label code of its own",
		"quantile":      "--const-label: podometer has a label quantile of its own",
		"goversion":     "--const-label: podometer has a label goversion of its own",
		"workload_type": "--const-label: podometer has a label workload_type of its own",
	} {
		err := checkConstLabels(map[string]string{name: "x"}, collectors.All)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("label %q: %v, want %q", name, err, want)
		}
	}
	if err := checkConstLabels(map[string]string{"zone": "\xff"}, nil); err == nil || err.Error() != "--const-label: the value of zone is not UTF-8" {
		t.Errorf("a value that is not UTF-8: %v", err)
	}
}

func TestConstLabelsTaken(t *testing.T) {
	t.Parallel()
	taken := map[string]string{"_": "", "_zone": "a", "zone": "b", "Zone9": "容器 \"\\\n", "pool": "only a collector that is off has it"}
	off := without(collectors.All, "node")
	if err := checkConstLabels(taken, off); err != nil {
		t.Fatal(err)
	}
	scraped(t, newHandler(t, func(o *Options) { o.ConstLabels, o.Collectors = taken, off }), "/metrics")
}

// TestOwnLabelsAreReserved makes a constant label of every label that is served: New must refuse it.
func TestOwnLabelsAreReserved(t *testing.T) {
	t.Parallel()
	served := map[string]bool{}
	handler := newHandler(t, func(o *Options) {
		o.Sources = []cluster.Source{&source{name: "host", status: cluster.Status{Errors: map[string]uint64{"read": 1}}}}
	})
	scraped(t, handler, "/metrics")
	families, _ := scraped(t, handler, "/metrics")
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				served[label.GetName()] = true
			}
			if metric.GetSummary() != nil {
				served["quantile"] = true
			}
		}
	}
	if len(served) < 15 {
		t.Fatalf("only %v", served)
	}
	for label := range served {
		_, err := New(Options{MetricsPath: "/metrics", Collectors: collectors.All, ConstLabels: map[string]string{label: "x"}, Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			t.Errorf("the constant label %s is not refused, though a series has it", label)
		}
	}
}
