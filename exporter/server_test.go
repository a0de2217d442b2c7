package exporter

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

func flags(addresses ...string) *web.FlagConfig {
	systemd, configFile := false, ""
	return &web.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: &systemd, WebConfigFile: &configFile}
}

// eventually waits until the condition holds, and gives up after a minute.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatal("never: " + what)
		case <-time.After(time.Millisecond):
		}
	}
}

// listening starts the server on a free port and returns its address and what Run will return.
func listening(t *testing.T, server *Server) (address string, ran <-chan error) {
	t.Helper()
	var log journal
	done := make(chan error, 1)
	go func() { done <- server.Run(flags("127.0.0.1:0"), log.logger()) }()
	t.Cleanup(func() { _ = server.http.Close() })
	pattern := regexp.MustCompile(`msg="Listening on" address=(\S+)`)
	eventually(t, "the server listens", func() bool { return pattern.MatchString(log.String()) })
	return pattern.FindStringSubmatch(log.String())[1], done
}

// TestStopLetsScrapesFinish stops the server in the middle of a scrape: it gets everything it asked for, nobody else
// gets in, and Run and Stop return.
func TestStopLetsScrapesFinish(t *testing.T) {
	t.Parallel()
	snapshot, want := large(t)
	begun, release := make(chan struct{}), make(chan struct{})
	server := NewServer(newHandler(t, func(o *Options) {
		o.Snapshot = func() *cluster.Snapshot {
			close(begun)
			<-release
			return snapshot
		}
	}), slog.New(slog.DiscardHandler))
	address, ran := listening(t, server)

	text := make(chan string, 1)
	go func() {
		defer close(text)
		response, err := http.Get("http://" + address + "/metrics")
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		text <- string(body)
	}()
	<-begun
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		server.Stop()
	}()
	eventually(t, "the server takes no new connection", func() bool {
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	})
	select {
	case <-stopped:
		t.Error("Stop did not wait for the scrape")
	default:
	}
	close(release)
	if got := <-text; records(t, got) != want {
		t.Errorf("the scrape got %d bytes that are not those of the snapshot", len(got))
	}
	<-stopped
	if err := <-ran; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// TestStopGivesUpOnAStalledClient, in the time that it promises.
func TestStopGivesUpOnAStalledClient(t *testing.T) {
	t.Parallel()
	snapshot, _ := large(t)
	synctest.Test(t, func(t *testing.T) {
		server, listener := serve(t, newHandler(t, withSnapshot(snapshot)))
		listener.ask(t)
		synctest.Wait()
		start := time.Now()
		server.Stop()
		if took := time.Since(start); took != stopTimeout { // by the clock of the bubble
			t.Errorf("Stop took %s, want %s", took, stopTimeout)
		}
	})
}

func TestStopBeforeRun(t *testing.T) {
	t.Parallel()
	server := NewServer(newHandler(t), slog.New(slog.DiscardHandler))
	server.Stop()
	if err := server.Run(flags("127.0.0.1:0"), slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("Run after Stop: %v", err)
	}
}

func TestRunNamesTheFlagToMend(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	systemd := flags("127.0.0.1:0")
	*systemd.WebSystemdSocket = true
	for want, with := range map[string]*web.FlagConfig{
		"--web.listen-address: listen tcp " + taken.Addr().String() + ": ": flags(taken.Addr().String()),
		"--web.listen-address: listen tcp: address nonsense: ":             flags("nonsense"),
		"--web.listen-address: listen tcp: address 99999: invalid port":    flags("127.0.0.1:99999"),
		"--web.systemd-socket: ": systemd,
	} {
		err := NewServer(newHandler(t), slog.New(slog.DiscardHandler)).Run(with, slog.New(slog.DiscardHandler))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %s…", err, want)
		}
	}
}

// TestClientsMistakesAreNoNoise: what a stranger sends to the port is at most a debug line.
func TestClientsMistakesAreNoNoise(t *testing.T) {
	t.Parallel()
	var log journal
	server := NewServer(newHandler(t, func(o *Options) { o.Collectors = collectors.All }), log.logger())
	address, _ := listening(t, server)
	for _, sent := range []string{"\x16\x03\x01\x02\x00\x01", "GET\r\n\r\n", "GET /metrics HTTP/1.1\r\n\r\n", "\x00\xff\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"} {
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(connection, sent)
		_ = connection.(*net.TCPConn).CloseWrite()
		_, _ = io.ReadAll(connection)
		_ = connection.Close()
	}
	for line := range strings.Lines(log.String()) {
		if !strings.Contains(line, "level=DEBUG") {
			t.Errorf("logged: %s", line)
		}
	}
}
