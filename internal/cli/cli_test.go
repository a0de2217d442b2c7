package cli

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/podometer/podometer/collectors"
)

func parse(t *testing.T, args ...string) *Config {
	t.Helper()
	c, err := Parse(args, io.Discard)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := parse(t)
	if c.Mode != "auto" || c.MaxAge != 2*time.Minute || c.MetricsPath != "/metrics" || c.MaxRequests != 40 || len(c.ConstLabels) != 0 {
		t.Errorf("%+v", c)
	}
	if h := c.Host; h.CgroupRoot != "/sys/fs/cgroup" || h.ProcRoot != "/proc" || h.Name != "" || h.Interval != 15*time.Second || h.MaxAge != c.MaxAge ||
		h.DockerSocket != "/var/run/docker.sock" || h.PodmanSocket != "/run/podman/podman.sock" {
		t.Errorf("%+v", h)
	}
	if got := *c.Web.WebListenAddresses; !slices.Equal(got, []string{":9762"}) {
		t.Errorf("listens on %q", got)
	}
	if got := c.Log.Level.String(); got != "info" {
		t.Errorf("logs from level %s", got)
	}
}

func TestFlagsAreTaken(t *testing.T) {
	t.Parallel()
	c := parse(t, "--mode=host", "--host.cgroup-root=/c", "--host.proc-root=/p", "--host.docker-socket=", "--host.podman-socket=/podman", "--host.name=box",
		"--usage.interval=100ms", "--usage.max-age=200ms", "--web.telemetry-path=/a/b-c_d.e~f", "--web.max-requests=0",
		"--const-label=zone=a=b", "--const-label", "rack=", "--web.listen-address=:1", "--web.listen-address=:2", "--log.level=debug")
	if h := c.Host; c.Mode != "host" || h.CgroupRoot != "/c" || h.ProcRoot != "/p" || h.DockerSocket != "" || h.PodmanSocket != "/podman" ||
		h.Name != "box" || h.Interval != 100*time.Millisecond || h.MaxAge != 200*time.Millisecond {
		t.Errorf("%+v", h)
	}
	if c.MetricsPath != "/a/b-c_d.e~f" || c.MaxRequests != 0 || c.MaxAge != 200*time.Millisecond || c.Log.Level.String() != "debug" {
		t.Errorf("%+v", c)
	}
	if zone, rack := c.ConstLabels["zone"], c.ConstLabels["rack"]; zone != "a=b" || rack != "" || len(c.ConstLabels) != 2 {
		t.Errorf("constant labels %q", c.ConstLabels)
	}
	if got := *c.Web.WebListenAddresses; !slices.Equal(got, []string{":1", ":2"}) {
		t.Errorf("listens on %q", got)
	}
	if c := parse(t, "--web.telemetry-path=/"); c.MetricsPath != "/" {
		t.Errorf("metrics under %q", c.MetricsPath)
	}
}

func TestCollectorsThatAreOn(t *testing.T) {
	t.Parallel()
	var defaults, all []string
	for _, c := range collectors.All {
		all = append(all, c.Name)
		if c.Default {
			defaults = append(defaults, c.Name)
		}
	}
	if len(defaults) < 2 || len(defaults) == len(all) {
		t.Fatalf("this test needs collectors that are on by default and one that is off: %q of %q", defaults, all)
	}
	but := func(names []string, name string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
	}
	for args, want := range map[string][]string{
		"":                             defaults,
		"--collector.container_detail": all,
		"--no-collector.node":          but(defaults, "node"),
		"--collector.node":             defaults,
		"--collector.container_detail --no-collector.node":                              but(all, "node"),
		"--collector.disable-defaults --collector.node":                                 {"node"},
		"--collector.node --collector.disable-defaults":                                 {"node"},
		"--collector.disable-defaults --collector.node --no-collector.container_cpu":    {"node"},
		"--collector.disable-defaults --collector.node --collector.container_cpu":       {"container_cpu", "node"},
		"--collector.disable-defaults --collector.container_detail --no-collector.node": {"container_detail"},
	} {
		if got := collectors.Names(parse(t, strings.Fields(args)...).Collectors); !slices.Equal(got, want) {
			t.Errorf("%s: %q are on, want %q", args, got, want)
		}
	}
}

// TestRefusals wants one line that names the flag.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--mode=":                                      "--mode: enum value must be one of auto,host, got ''",
		"--usage.interval=soon":                        `--usage.interval: time: invalid duration "soon"`,
		"--usage.max-age=9999999999999h":               `--usage.max-age: time: invalid duration "9999999999999h"`,
		"--collector.node --usage.max-age=1":           `--usage.max-age: time: missing unit in duration "1"`,
		"--usage.interval=0s":                          "--usage.interval: 0s is too short, use at least 100ms",
		"--usage.interval=1m --usage.max-age=119.999s": "--usage.max-age: 1m59.999s is too short",
		"--usage.max-age=-2m":                          "--usage.max-age: -2m0s is too short",
		"--const-label=a=b --const-label=c":            "--const-label: expected KEY=VALUE got 'c'",
		"--web.max-requests=1.5.2":                     `--web.max-requests: strconv.ParseFloat: parsing "1.5.2"`,
		"--collector.node=perhaps":                     "unexpected perhaps",
		"--no-such-flag":                               "unknown long flag '--no-such-flag'",
		"--host.name":                                  "expected argument for flag '--host.name'",
		"--web.telemetry-path=/metrics/":               `--web.telemetry-path: "/metrics/" can't be it`,
		"--web.telemetry-path=//":                      `--web.telemetry-path: "//" can't be it`,
		"--web.telemetry-path=/../metrics":             `--web.telemetry-path: "/../metrics" can't be it`,
		"--web.telemetry-path=/metrics?x":              `--web.telemetry-path: "/metrics?x" can't be it`,
		"--web.telemetry-path=/%zz":                    `--web.telemetry-path: "/%zz" can't be it`,
		"--web.telemetry-path=/{$}":                    `--web.telemetry-path: "/{$}" can't be it`,
		"--web.telemetry-path=/métriques":              `--web.telemetry-path: "/métriques" can't be it`,
		"--web.telemetry-path=/healthz":                `--web.telemetry-path: "/healthz" can't be it`,
		"--web.telemetry-path=/\"<script>":             `--web.telemetry-path: "/\"<script>" can't be it`,
	} {
		var out bytes.Buffer
		_, err := Parse(strings.Fields(args), &out)
		if err == nil || errors.Is(err, ErrDone) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s…", args, err, want)
		}
		if out.Len() > 0 {
			t.Errorf("%s: says %q", args, &out)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--version":                             "podometer, version",
		"--help":                                "usage: podometer [<flags>]",
		"--list-collectors":                     "container_cpu        on   ",
		"--list-collectors --usage.interval=1s": "container_cpu        on   ",
	} {
		var out bytes.Buffer
		if _, err := Parse(strings.Fields(args), &out); !errors.Is(err, ErrDone) || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%s: %v %q", args, err, &out)
		}
	}
	if _, err := Parse([]string{"--list-collectors"}, broken{}); !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, ErrDone) {
		t.Errorf("an answer that can't be written: %v", err)
	}
}

// broken can't be written to.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWhy(t *testing.T) {
	t.Parallel()
	if got := parse(t, "--mode=host").Why(); got != "--mode=host" {
		t.Error(got)
	}
	if got := parse(t).Why(); !strings.HasPrefix(got, "--mode=auto, ") {
		t.Error(got)
	}
}
