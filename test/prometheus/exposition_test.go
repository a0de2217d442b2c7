package prometheus_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/podometer/podometer/test/harness"
)

// data are the families that tell of containers and machines. All others tell of podometer itself.
var data = regexp.MustCompile(`^podometer_(container|node)_`)

// TestPromtool lets promtool judge the exposition of a machine with every family there is, and of this one.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool := harness.Tool(t, "github.com/prometheus/prometheus/cmd/promtool", "remove_all_sd")
	check := func(t *testing.T, e *exporter) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
		cmd.Stdin = bytes.NewReader(e.metrics(t, "/metrics"))
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("promtool check metrics: %v\n%s", err, out)
		}
	}
	t.Run("fixture", func(t *testing.T) {
		e := startStill(t)
		families := parse(t, e.metrics(t, "/metrics"))
		figures, err := newFixture(t).figures()
		if err != nil {
			t.Fatal(err)
		}
		for name := range figures {
			if families["podometer_"+name] == nil {
				t.Errorf("podometer_%s is not there to be judged", name)
			}
		}
		check(t, e)
	})
	t.Run("machine", func(t *testing.T) {
		if _, err := os.Stat(cgroupRoot); err != nil {
			t.Skipf("no cgroups: %v", err)
		}
		check(t, startExporter(t, everySecond))
	})
}

// startStill starts a podometer whose figures do not change: it looks at the fixture twice, and never again.
func startStill(t *testing.T) *exporter {
	t.Helper()
	e := startExporter(t, append(newFixture(t).flags(), "--usage.interval=24h", "--usage.max-age=48h")...)
	harness.Eventually(t, func() (struct{}, error) {
		body, _, err := e.fetch(t, "/metrics", nil)
		if err == nil && !bytes.Contains(body, []byte("\npodometer_"+cores+"{")) {
			err = errors.New("no second look yet")
		}
		return struct{}{}, err
	})
	return e
}

// TestGzip wants the same text with compression and without.
func TestGzip(t *testing.T) {
	t.Parallel()
	e := startStill(t)
	e.client = &http.Client{Transport: &http.Transport{DisableCompression: true}}
	plain, header, err := e.fetch(t, "/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" {
		t.Errorf("nobody asked for the encoding %q", encoding)
	}
	packed, header, err := e.fetch(t, "/metrics", http.Header{"Accept-Encoding": {"gzip"}})
	if err != nil {
		t.Fatal(err)
	}
	if encoding := header.Get("Content-Encoding"); encoding != "gzip" {
		t.Fatalf("encoding %q, want gzip", encoding)
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := steady(unpacked), steady(plain); got != want {
		t.Errorf("unpacked:\n%s\nplain:\n%s", got, want)
	}
}

// steady returns an exposition without the values of podometer's series about itself, which change all the time.
func steady(exposition []byte) string {
	var text strings.Builder
	for line := range strings.Lines(string(exposition)) {
		if !strings.HasPrefix(line, "#") && !data.MatchString(line) {
			line = line[:strings.LastIndexByte(line, ' ')] + "\n"
		}
		text.WriteString(line)
	}
	return text.String()
}

// TestCollect wants a scrape that asks for one collector to get its families and podometer's own.
func TestCollect(t *testing.T) {
	t.Parallel()
	e := startStill(t)
	families := parse(t, e.metrics(t, "/metrics?collect[]=container_cpu"))
	for name := range families {
		if data.MatchString(name) && !strings.HasPrefix(name, "podometer_container_cpu_") {
			t.Errorf("%s is not of container_cpu", name)
		}
	}
	for _, name := range []string{"podometer_" + usage, "podometer_" + cores, "podometer_source_up", "podometer_build_info", "go_goroutines"} {
		if families[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if families["podometer_container_cpu_user_seconds_total"] != nil {
		t.Error("container_cpu_user_seconds_total is of container_detail")
	}
}
