// Command podometer is a Prometheus exporter for the use of containers and what is left of the machines they run on.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/oklog/run"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/exporter"
	"github.com/podometer/podometer/internal/cli"
	"github.com/podometer/podometer/local"
)

//go:embed VERSION
var release string

func main() {
	if version.Version == "" { // a build that set none
		version.Version = strings.TrimSpace(release)
	}
	os.Exit(podometer(os.Args[1:], os.Stdout, os.Stderr))
}

// podometer runs until it is told to stop, and returns the exit code: 0 for a stop, 2 for a wrong command line, 1 for
// everything else.
func podometer(args []string, out, errs io.Writer) int {
	config, err := cli.Parse(args, out)
	switch {
	case errors.Is(err, cli.ErrDone):
		return 0
	case err != nil:
		complain(errs, err)
		return 2
	}
	config.Log.Writer = errs
	if err := serve(config, promslog.New(&config.Log)); err != nil && !errors.Is(err, run.ErrSignal) {
		complain(errs, err)
		return 1
	}
	return 0
}

// complain writes the error in one line, whatever is in it.
func complain(to io.Writer, err error) {
	_, _ = fmt.Fprintln(to, "podometer:", strings.Join(strings.Fields(err.Error()), " "))
}

// serve runs the sources and the server until one of them fails or a signal comes.
func serve(config *cli.Config, logger *slog.Logger) error {
	if err := web.Validate(*config.Web.WebConfigFile); err != nil {
		return fmt.Errorf("--web.config.file: %w", err)
	}
	host, err := local.New(config.Host, logger)
	if err != nil {
		return err
	}
	store := &cluster.Store{UsageMaxAge: config.MaxAge}
	sources := []cluster.Source{host}
	handler, err := exporter.New(exporter.Options{
		Mode: host.Name(), Collectors: config.Collectors, Sources: sources, Snapshot: store.Snapshot,
		MetricsPath: config.MetricsPath, ConstLabels: config.ConstLabels, MaxRequests: config.MaxRequests, Logger: logger,
	})
	if err != nil {
		return err
	}
	logger.Info("starting podometer", "version", version.Info(), "mode", host.Name(), "why", config.Why())

	var group run.Group
	group.Add(run.SignalHandler(context.Background(), syscall.SIGINT, syscall.SIGTERM))
	for _, source := range sources {
		ctx, cancel := context.WithCancel(context.Background())
		group.Add(func() error { return source.Run(ctx, store) }, func(error) { cancel() })
	}
	server := exporter.NewServer(handler, logger)
	group.Add(func() error { return server.Run(config.Web, logger) }, func(error) { server.Stop() })
	return group.Run()
}
