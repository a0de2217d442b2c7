package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

const (
	namesTimeout = time.Second      // for one whole answer of a socket
	namesRetry   = 30 * time.Second // after a failure, and for containers that the engine did not know
	maxNames     = 32 << 20         // bytes of an answer: 10,000 containers with long labels take half of it
)

// named is what a container engine says of a container.
type named struct {
	name   string
	labels map[string]string
}

// engine asks Docker or Podman, over its local socket, what the containers are called. Only GET requests are sent.
type engine struct {
	runtime string
	path    string
	client  *http.Client
	retry   time.Time // not before, unless a container came that it was never asked for
	failed  bool      // the newest attempt: not before retry in any case
}

func newEngine(runtime, path string) *engine {
	dialer := &net.Dialer{}
	return &engine{runtime: runtime, path: path, client: &http.Client{
		Timeout: namesTimeout,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, "unix", path)
			},
		},
	}}
}

// knows reports whether the engine may be the one that runs the containers of a runtime.
func (e *engine) knows(runtime string) bool {
	return runtime == e.runtime || runtime == runtimeUnknown
}

// due reports whether to ask now: for a new container at once, for the others now and then.
func (e *engine) due(now time.Time, fresh bool) bool {
	return !now.Before(e.retry) || fresh && !e.failed
}

// ask returns the names of all containers by id. An engine that is not there, or that we may not ask, knows none.
func (e *engine) ask(ctx context.Context, now time.Time) (map[string]named, error) {
	e.retry = now.Add(namesRetry)
	names, err := e.names(ctx)
	e.failed = err != nil
	if isNoEngine(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s at %s: %w", e.runtime, e.path, err)
	}
	return names, nil
}

// isNoEngine reports whether there is nobody to ask: no engine, none that we may ask, or podometer stops while it asks.
func isNoEngine(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ECONNREFUSED) ||
		errors.Is(err, context.Canceled)
}

func (e *engine) names(ctx context.Context) (map[string]named, error) {
	data, err := e.list(ctx)
	if err != nil {
		return nil, err
	}
	return parseNames(data)
}

// list fetches the list of containers, those included that are just being started.
func (e *engine) list(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/containers/json?all=true", nil)
	if err != nil {
		return nil, err
	}
	response, err := e.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxNames+1))
	if len(data) > maxNames {
		return nil, errTooLarge
	}
	return data, err
}

// parseNames reads the answer to GET /containers/json.
func parseNames(data []byte) (map[string]named, error) {
	var list []struct {
		ID     string `json:"Id"`
		Names  []string
		Labels map[string]string
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("%w answer: %w", errMalformed, err)
	}
	names := make(map[string]named, len(list))
	for _, c := range list {
		if len(c.Names) > 0 {
			names[c.ID] = named{strings.TrimPrefix(c.Names[0], "/"), c.Labels}
		}
	}
	return names, nil
}
