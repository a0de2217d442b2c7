//go:build linux

package guest

import (
	"bytes"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	address = "127.0.0.1:9762"
	prefix  = "podometer_"
)

// podometer is the program under test, as a service of the machine.
type podometer struct {
	service cgroup
	cmd     *exec.Cmd
	client  http.Client
}

// startPodometer starts the program and waits until it is ready.
func startPodometer(t *testing.T) *podometer {
	t.Helper()
	p := &podometer{
		service: makeCgroup(t, "/system.slice/podometer.service"),
		cmd: exec.Command("/podometer", "--mode=host", "--host.docker-socket=", "--host.podman-socket=",
			"--usage.interval=1s", "--web.listen-address="+address),
		client: http.Client{Timeout: time.Minute},
	}
	var log bytes.Buffer
	p.cmd.Stderr = &log
	t.Cleanup(func() { // runs after the program was awaited
		t.Logf("podometer's log:\n%s", &log)
	})
	p.service.start(t, p.cmd)
	eventually(t, "podometer is ready", func() bool {
		response, err := p.client.Get("http://" + address + "/readyz")
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	return p
}

// stop ends the program as a service manager does.
func (p *podometer) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// memory returns the lines of its /proc/PID/status that say how much memory it has and had at most.
func (p *podometer) memory(t *testing.T) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(read(t, "/proc/"+p.service.pids(t)[0]+"/status")) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "VmHWM") {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(lines, ", ")
}

// scrape is one exposition, by the names of the families.
type scrape map[string]*dto.MetricFamily

func (p *podometer) scrape(t *testing.T) scrape {
	t.Helper()
	response, err := p.client.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", response.Status, err)
	}
	return families
}

// next returns a scrape of the next picture. It scrapes once more after the picture has come: a scrape tells when the
// newest picture was complete, and that may be a newer one than the scrape itself began with.
func (p *podometer) next(t *testing.T) scrape {
	t.Helper()
	last := p.scrape(t).taken(t)
	eventually(t, "podometer takes another picture", func() bool { return p.scrape(t).taken(t) > last })
	return p.scrape(t)
}

// fresh returns a scrape of a picture that was begun after the call: the second one that ends after it.
func (p *podometer) fresh(t *testing.T) scrape {
	t.Helper()
	p.next(t)
	return p.next(t)
}

// taken tells when the newest picture was complete.
func (s scrape) taken(t *testing.T) float64 {
	t.Helper()
	return s.self(t, "source_last_success_timestamp_seconds")
}

// self returns the value of a family of which the host source has the only sample.
func (s scrape) self(t *testing.T, family string) float64 {
	t.Helper()
	metrics := s[prefix+family].GetMetric()
	if len(metrics) != 1 {
		t.Fatalf("%s has the samples %v, want one", family, metrics)
	}
	return value(metrics[0])
}

// facts returns what is published with exactly these labels in families of the given beginning.
func (s scrape) facts(beginning string, want labels) facts {
	f := make(facts)
	for name, family := range s {
		short, ours := strings.CutPrefix(name, prefix)
		if !ours || !strings.HasPrefix(short, beginning) {
			continue
		}
		for _, metric := range family.GetMetric() {
			if labelsOf(metric) == want {
				f[short] = value(metric)
			}
		}
	}
	return f
}

// labels are those of a container's or a machine's series, and the name of any other one.
type labels struct {
	namespace, pod, container, node, workload, workloadType, pool, other string
}

func labelsOf(metric *dto.Metric) labels {
	var l labels
	fields := map[string]*string{
		"namespace": &l.namespace, "pod": &l.pod, "container": &l.container, "node": &l.node,
		"workload": &l.workload, "workload_type": &l.workloadType, "pool": &l.pool,
	}
	for _, pair := range metric.GetLabel() {
		if field, ok := fields[pair.GetName()]; ok {
			*field = pair.GetValue()
		} else {
			l.other = pair.GetName()
		}
	}
	return l
}

func value(metric *dto.Metric) float64 {
	return metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetUntyped().GetValue()
}
