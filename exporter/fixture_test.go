package exporter

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// oddNumbers are those that encoders get wrong.
func oddNumbers() []float64 {
	return []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, -0.25, 999999, 1e6, -1e6, 1234567, 123456.789, 1e-5, 0.0001, 1e21, 1 << 53, 1<<53 + 2,
		math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), 1700000000.123, -987654321,
	}
}

// oddStrings are label values that are not plain words.
func oddStrings() []string {
	return []string{
		"", "plain", `with "quotes"`, `back\slash`, `\`, "two\nlines", `\n`, "tab\tand\rreturn", "naïve 容器 🦦", "\xff\xfeno UTF-8", "cut \xe5\xae",
		"nul \x00", "a=\"b\",c} 1", "\u2028", "\ufffd", strings.Repeat("long ", 100),
	}
}

// filler makes records in which every field is set, whatever fields there are.
type filler struct {
	t      testing.TB
	record int // every field of it has another value, and no two records have the same names
	field  int
}

// filled returns a snapshot with the given number of records of every kind, with no field of any left out.
func filled(t testing.TB, records int) *cluster.Snapshot {
	t.Helper()
	s := &cluster.Snapshot{Taken: time.Unix(1_800_000_000, 0)}
	for _, field := range reflect.ValueOf(s).Elem().Fields() {
		if field.Kind() != reflect.Slice {
			continue
		}
		for record := range records {
			f := filler{t: t, record: record}
			row := reflect.New(field.Type().Elem().Elem())
			f.fill(row.Elem())
			field.Set(reflect.Append(field, row))
		}
	}
	return s
}

func (f *filler) fill(v reflect.Value) {
	f.field++
	n := f.record + f.field
	numbers, words := oddNumbers(), oddStrings()
	switch v.Interface().(type) {
	case cluster.Value:
		v.Set(reflect.ValueOf(cluster.Known(numbers[n%len(numbers)])))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(1_700_000_000_000 + int64(n*997))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		if word := words[n%len(words)]; word != "" {
			v.SetString(strconv.Itoa(f.record) + word)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			f.fill(field)
		}
	default:
		f.t.Fatalf("a record has a field of type %s: say here how to fill it", v.Type())
	}
}

// source is a cluster.Source in the state the test wants.
type source struct {
	name   string
	status cluster.Status
	ready  error
}

func (s *source) Name() string                              { return s.name }
func (s *source) Run(context.Context, *cluster.Store) error { return nil }
func (s *source) Ready() error                              { return s.ready }
func (s *source) Status() cluster.Status                    { return s.status }

// journal is a log that the test reads while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// newHandler returns what New makes of every collector and a small snapshot, unless the test wants something else.
func newHandler(t testing.TB, change ...func(*Options)) http.Handler {
	t.Helper()
	snapshot := filled(t, 3)
	o := Options{
		Mode: collectors.ModeHost, Collectors: collectors.All, MetricsPath: "/metrics", Logger: slog.New(slog.DiscardHandler),
		Snapshot: func() *cluster.Snapshot { return snapshot },
	}
	for _, f := range change {
		f(&o)
	}
	handler, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// get asks for a path in-process.
func get(t testing.TB, handler http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w
}

// scraped asks for a path, which must answer 200, and returns the families in the answer and its text.
func scraped(t testing.TB, handler http.Handler, path string) (families map[string]*dto.MetricFamily, text string) {
	t.Helper()
	w := get(t, handler, path)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	text = w.Body.String()
	return parsed(t, strings.NewReader(text)), text
}

// parsed returns the families of an exposition. It must be well-formed and whole.
func parsed(t testing.TB, text io.Reader) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// valueOf returns the value of the one series of a family that has these labels, which alternate with their values.
func valueOf(t testing.TB, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	for _, metric := range families[name].GetMetric() {
		if hasLabels(metric, labels) {
			return metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + metric.GetUntyped().GetValue()
		}
	}
	t.Fatalf("no series %s%v", name, labels)
	return 0
}

func hasLabels(metric *dto.Metric, labels []string) bool {
	has := map[string]string{}
	for _, pair := range metric.GetLabel() {
		has[pair.GetName()] = pair.GetValue()
	}
	for i := 0; i < len(labels); i += 2 {
		if value, ok := has[labels[i]]; !ok || value != labels[i+1] {
			return false
		}
	}
	return true
}

// words returns n different label values.
func words(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%05d", prefix, i)
	}
	return list
}
