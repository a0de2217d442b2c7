package exporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
)

const (
	headerTimeout = 10 * time.Second
	// answerTimeout bounds a scrape by a client that hardly reads. Prometheus gives up after 10 s by default.
	answerTimeout = time.Minute
	idleTimeout   = 2 * time.Minute
	// stopTimeout leaves time to exit within the 5 s that podometer promises.
	stopTimeout = 4 * time.Second
)

// Server serves an Exporter. Make it with NewServer.
type Server struct{ http http.Server }

// NewServer returns a server that has not begun to listen.
func NewServer(handler http.Handler, logger *slog.Logger) *Server {
	return &Server{http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // clients' mistakes
	}}
}

// Run serves until Stop. An error names the flag to mend.
func (s *Server) Run(flags *web.FlagConfig, logger *slog.Logger) error {
	err := web.ListenAndServe(&s.http, flags, logger)
	var network *net.OpError
	switch {
	case errors.Is(err, http.ErrServerClosed):
		return nil
	case errors.As(err, &network) && network.Op == "listen":
		return fmt.Errorf("--web.listen-address: %w; choose another address, such as 127.0.0.1:9762", err)
	case flags.WebSystemdSocket != nil && *flags.WebSystemdSocket:
		return fmt.Errorf("--web.systemd-socket: %w", err)
	}
	return err
}

// Stop lets scrapes that are under way finish, for at most 4 seconds, and takes no new ones.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}
