package exporter

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
)

// pipes is a listener whose connections have no buffer anywhere: what a client does not read, the server can't write.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// serve serves the handler as podometer does, over pipes, until the test ends.
func serve(t testing.TB, handler http.Handler) (*Server, *pipes) {
	t.Helper()
	server := NewServer(handler, slog.New(slog.DiscardHandler))
	listener := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.http.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.http.Close()
		<-done
	})
	return server, listener
}

// dial connects to the server.
func (p *pipes) dial(t testing.TB) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { _ = client.Close() })
	select {
	case p.connections <- server:
	case <-p.closed:
		t.Fatal("the server does not listen")
	}
	return client
}

// ask sends a request for the metrics and reads nothing.
func (p *pipes) ask(t testing.TB) net.Conn {
	t.Helper()
	client := p.dial(t)
	if _, err := io.WriteString(client, "GET /metrics HTTP/1.1\r\nHost: podometer\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return client
}

// answer reads the whole answer to the one request of the connection.
func answer(t testing.TB, from io.Reader) (status int, body string) {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(from), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
