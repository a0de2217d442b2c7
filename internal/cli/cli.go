// Package cli is podometer's command line: which flags there are, what they mean and which go together.
package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/podometer/podometer/collectors"
	"github.com/podometer/podometer/local"
)

// ErrDone says that the command line asked for nothing but an answer, such as --version, which has been given.
var ErrDone = errors.New("done")

// Config is what the command line says.
type Config struct {
	Mode        string
	Host        local.Config
	MaxAge      time.Duration
	Web         *web.FlagConfig
	MetricsPath string
	MaxRequests int
	ConstLabels map[string]string
	Collectors  []collectors.Collector // that are on
	Log         promslog.Config

	disableDefaults bool
	listCollectors  bool
	switches        []collectorSwitch
}

// collectorSwitch is the flag of one collector.
type collectorSwitch struct {
	collector collectors.Collector
	on        bool
	set       bool // by the user
}

// Application returns the command line with all its flags, and the Config that parsing it fills.
func Application() (*kingpin.Application, *Config) {
	app := kingpin.New("podometer", "Prometheus exporter for the use of containers and what is left of the machines they run on.")
	app.HelpFlag.Short('h')
	app.Version(version.Print("podometer"))
	c := &Config{ConstLabels: map[string]string{}}
	app.Flag("mode", "What to measure: host is the machine podometer runs on; auto chooses, and logs why.").
		Default("auto").EnumVar(&c.Mode, "auto", collectors.ModeHost)
	c.hostFlags(app)
	c.usageFlags(app)
	c.collectorFlags(app)
	c.webFlags(app)
	promslogflag.AddFlags(app, &c.Log)
	return app, c
}

func (c *Config) hostFlags(app *kingpin.Application) {
	app.Flag("host.cgroup-root", "Where the cgroup hierarchies of the machine are mounted.").
		Default("/sys/fs/cgroup").StringVar(&c.Host.CgroupRoot)
	app.Flag("host.proc-root", "Where /proc of the machine is mounted.").
		Default("/proc").StringVar(&c.Host.ProcRoot)
	app.Flag("host.docker-socket", "Socket over which Docker is asked for the names of containers, if it can be read; empty: never.").
		Default("/var/run/docker.sock").StringVar(&c.Host.DockerSocket)
	app.Flag("host.podman-socket", "Socket over which Podman is asked for the names of containers, if it can be read; empty: never.").
		Default("/run/podman/podman.sock").StringVar(&c.Host.PodmanSocket)
	app.Flag("host.name", "Name of the machine in the label node; empty: its host name.").
		StringVar(&c.Host.Name)
}

func (c *Config) usageFlags(app *kingpin.Application) {
	app.Flag("usage.interval", "Time between two samples of what containers use.").
		Default("15s").DurationVar(&c.Host.Interval)
	app.Flag("usage.max-age", "Age from which a sample is no longer believed: its series disappear, and podometer is not ready.").
		Default("2m").DurationVar(&c.MaxAge)
}

func (c *Config) collectorFlags(app *kingpin.Application) {
	c.switches = make([]collectorSwitch, len(collectors.All))
	for i, collector := range collectors.All {
		s := &c.switches[i]
		s.collector = collector
		app.Flag("collector."+collector.Name, collector.Help).
			Default(fmt.Sprint(collector.Default)).IsSetByUser(&s.set).BoolVar(&s.on)
	}
	app.Flag("collector.disable-defaults", "Start with every collector off, so that only those named with --collector.NAME are on.").
		BoolVar(&c.disableDefaults)
	app.Flag("list-collectors", "List the collectors and whether they are on by default, and exit.").
		BoolVar(&c.listCollectors)
	app.Flag("const-label", "Label to put on every series, as NAME=VALUE. Repeatable.").
		PlaceHolder("NAME=VALUE").StringMapVar(&c.ConstLabels)
}

func (c *Config) webFlags(app *kingpin.Application) {
	c.Web = kingpinflag.AddFlags(app, ":9762")
	app.Flag("web.telemetry-path", "Path under which metrics are served.").
		Default("/metrics").StringVar(&c.MetricsPath)
	app.Flag("web.max-requests", "Scrapes answered at the same time; one more gets 503. 0: any number.").
		Default("40").IntVar(&c.MaxRequests)
}

// Parse returns what args say. It writes the answer to --help, --version and --list-collectors to out and returns
// ErrDone then. Any other error is what the user did wrong, in one line.
func Parse(args []string, out io.Writer) (*Config, error) {
	app, c := Application()
	answered := false
	app.Terminate(func(int) { answered = true })
	app.UsageWriter(out)
	if _, err := app.Parse(args); err != nil && !answered {
		return nil, fmt.Errorf("%s%w; podometer --help lists the flags", culprit(args), err)
	}
	if answered {
		return nil, ErrDone
	}
	if c.listCollectors {
		return nil, cmp.Or(c.list(out), ErrDone)
	}
	return c, c.complete()
}

// culprit returns which of the flags has a value that can't be: kingpin tells what is wrong with it, but not where.
func culprit(args []string) string {
	app, _ := Application()
	parsed, err := app.ParseContext(args)
	if err != nil {
		return "" // the command line makes no sense as a whole, and kingpin tells where
	}
	for _, element := range parsed.Elements {
		flag, ok := element.Clause.(*kingpin.FlagClause)
		if !ok || element.Value == nil || flag.Model().IsBoolFlag() {
			continue
		}
		alone, _ := Application()
		if _, err := alone.Parse([]string{"--" + flag.Model().Name + "=" + *element.Value}); err != nil {
			return "--" + flag.Model().Name + ": "
		}
	}
	return ""
}

// complete works out what follows from several flags, and refuses what can't go together.
func (c *Config) complete() error {
	for _, s := range c.switches {
		if s.on && (s.set || !c.disableDefaults) {
			c.Collectors = append(c.Collectors, s.collector)
		}
	}
	c.Host.MaxAge = c.MaxAge
	switch {
	case len(c.Collectors) == 0:
		return errors.New("every collector is off: switch one on with --collector.NAME (--list-collectors names them)")
	case c.Host.Interval < 100*time.Millisecond:
		return fmt.Errorf("--usage.interval: %s is too short, use at least 100ms", c.Host.Interval)
	case c.MaxAge < 2*c.Host.Interval:
		return fmt.Errorf("--usage.max-age: %s is too short, use at least two intervals (--usage.interval is %s)", c.MaxAge, c.Host.Interval)
	case c.MaxRequests < 0:
		return fmt.Errorf("--web.max-requests: %d is negative", c.MaxRequests)
	case !isFreePath(c.MetricsPath):
		return fmt.Errorf("--web.telemetry-path: %q can't be it, use a path such as /metrics", c.MetricsPath)
	}
	return nil
}

// isFreePath reports whether metrics can be served under p: a path that no client and no server writes in another
// way, and that has no meaning yet.
func isFreePath(p string) bool {
	return strings.HasPrefix(p, "/") && path.Clean(p) == p && (&url.URL{Path: p}).EscapedPath() == p && p != "/healthz" && p != "/readyz"
}

// Why tells how the mode was chosen.
func (c *Config) Why() string {
	if c.Mode == collectors.ModeHost {
		return "--mode=host"
	}
	return "--mode=auto, and this version of podometer reads no cluster"
}

// list writes a line for each collector.
func (c *Config) list(out io.Writer) error {
	var lines strings.Builder
	for _, s := range c.switches {
		state := "off"
		if s.collector.Default {
			state = "on"
		}
		fmt.Fprintf(&lines, "%-20s %-4s %s\n", s.collector.Name, state, s.collector.Help)
	}
	_, err := io.WriteString(out, lines.String())
	return err
}
