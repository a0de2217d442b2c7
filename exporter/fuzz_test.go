package exporter

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/podometer/podometer/collectors"
)

// FuzzLabelValue reads back what was written: the value, with what is not UTF-8 replaced, and nothing else.
func FuzzLabelValue(f *testing.F) {
	for _, value := range oddStrings() {
		f.Add(value, value)
		f.Add(value, `"} 2`+"\n"+`podometer_fuzzed{a="`)
	}
	for _, special := range []string{`"`, `\`, "\n", "\xff", "é"} {
		for before := range 17 { // wherever it stands
			f.Add(strings.Repeat("x", before)+special, strings.Repeat("!", 17-before)+special+"z")
		}
	}
	f.Fuzz(func(t *testing.T, value, other string) {
		constant := strings.ToValidUTF8(other, "?") // New takes nothing else
		family := newTextFamily(collectors.Family{
			Name: "fuzzed", Help: other, Type: prometheus.GaugeValue, Labels: []string{"b", "a"},
		}, map[string]string{"const": constant})
		line := family.appendSample([]byte("before\n"), 1, []string{value, other})
		line, ok := bytes.CutPrefix(line, []byte("before\n"))
		if !ok || bytes.IndexByte(line, '\n') != len(line)-1 {
			t.Fatalf("not one line: %q", line)
		}
		metric := parsed(t, strings.NewReader(family.head+string(line)))["podometer_fuzzed"].GetMetric()
		if len(metric) != 1 || metric[0].GetGauge().GetValue() != 1 {
			t.Fatalf("%q is read as %v", line, metric)
		}
		want := []string{"a", strings.ToValidUTF8(other, "\uFFFD"), "b", strings.ToValidUTF8(value, "\uFFFD"), "const", constant}
		if len(metric[0].GetLabel())*2 != len(want) || !hasLabels(metric[0], want) {
			t.Errorf("%q is read as %v, want %q", line, metric[0], want)
		}
	})
}

// FuzzNumber compares with client_golang, for any 64 bits that are a float.
func FuzzNumber(f *testing.F) {
	for _, number := range append(oddNumbers(), math.NaN(), 1e6-1, 1e6+1, 1-1e6, math.Nextafter(1e6, 0), 0.5, 1e20, 1<<63, -1<<63) {
		f.Add(math.Float64bits(number))
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		number := math.Float64frombits(bits)
		name := "n"
		var theirs bytes.Buffer
		_, err := expfmt.MetricFamilyToText(&theirs, &dto.MetricFamily{
			Name: &name, Type: dto.MetricType_GAUGE.Enum(), Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: &number}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if ours := "# TYPE n gauge\nn " + string(appendNumber(nil, number)) + "\n"; ours != theirs.String() {
			t.Errorf("%x: %q, client_golang writes %q", bits, ours, &theirs)
		}
	})
}
