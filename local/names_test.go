package local

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/podometer/podometer/cluster"
)

// engineAt serves an engine's socket and returns its path.
func engineAt(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	path := t.TempDir() + "/s"
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(server.Close)
	return path
}

func answer(list string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/containers/json" {
			http.Error(w, "podometer must only list", http.StatusForbidden)
			return
		}
		_, _ = fmt.Fprint(w, list)
	}
}

func TestNames(t *testing.T) {
	k := newKernelV2(t)
	for i, n := range []string{"a1", "a2", "a3", "a4"} {
		k.cgroup2("/docker/"+id(n), i+1)
	}
	k.cgroup2("/machine.slice/libpod-"+id("c1")+".scope", 5)
	docker := engineAt(t, answer(fmt.Sprintf(`[
		{"Id": %q, "Names": ["/shop-cart-1"], "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "cart"}},
		{"Id": %q, "Names": ["/same"], "Labels": {}},
		{"Id": %q, "Names": ["/k8s_app"], "Labels": {"io.kubernetes.pod.name": "web-1", "io.kubernetes.pod.namespace": "prod", "io.kubernetes.container.name": "app"}},
		{"Id": "gone", "Names": null}]`, id("a1"), id("a2"), id("a3"))))
	podman := engineAt(t, answer(fmt.Sprintf(`[{"Id": %q, "Names": ["/same"]}]`, id("c1"))))
	s := k.source(func(c *Config) { c.DockerSocket, c.PodmanSocket = docker, podman })
	wantIdentities(t, identities(picture(t, s, &cluster.Store{})),
		"shop||shop-cart-1|cart|compose",
		"||same|same|docker",
		"prod|web-1|app|web-1|pod",
		"||a40000000000|a40000000000|docker",
		"||same|same|podman",
	)
	wantErrors(t, s, reasonNames, 0)
}

// Two engines may give one name twice. Such containers are told apart, or Prometheus would drop one of them.
func TestSameNameTwice(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/a/"+id("a1"), 1)
	k.cgroup2("/b/"+id("b1"), 2)
	list := fmt.Sprintf(`[{"Id": %q, "Names": ["/web"]}, {"Id": %q, "Names": ["/web"]}]`, id("a1"), id("b1"))
	s := k.source(func(c *Config) { c.DockerSocket = engineAt(t, answer(list)) })
	wantIdentities(t, identities(picture(t, s, &cluster.Store{})),
		"||web|web|container", "||web-b10000000000|web|container")
}

func TestNamesAreAskedOnce(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	var asked atomic.Int32
	socket := engineAt(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = fmt.Fprintf(w, `[{"Id": %q, "Names": ["/one"]}, {"Id": %q, "Names": ["/two"]}]`, id("a1"), id("a2"))
	})
	s, store := k.source(func(c *Config) { c.DockerSocket = socket }), &cluster.Store{}
	picture(t, s, store)
	picture(t, s, store)
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	k.cgroup2("/docker/"+id("a2"), 2)
	wantIdentities(t, identities(picture(t, s, store)), "||one|one|docker", "||two|two|docker")
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times, want once more for a new container", n)
	}
}

// An engine may list a container a moment after its cgroup is there: it is asked again, not at every picture.
func TestLateName(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	known := false
	socket := t.TempDir() + "/s"
	s := k.source(func(c *Config) { c.DockerSocket = socket })
	s.engines[0].client.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		_, _ = fmt.Fprint(w, map[bool]string{false: "[]", true: fmt.Sprintf(`[{"Id": %q, "Names": ["/one"]}]`, id("a1"))}[known])
		return w.Result(), nil
	})
	synctest.Test(t, func(t *testing.T) {
		store := &cluster.Store{}
		picture(t, s, store)
		known = true
		wantIdentities(t, identities(picture(t, s, store)), "||a10000000000|a10000000000|docker")
		time.Sleep(namesRetry)
		rows := picture(t, s, store)
		wantIdentities(t, identities(rows), "||one|one|docker")
		wantAbout(t, "running", rows["/one"].RunningSeconds, uptime-1)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestEngineThatFails(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"stalls": func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprint(w, "[")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
		"garbage":    answer("garbage"),
		"no list":    answer(`{"Id": 5}`),
		"error":      func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
		"redirects":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) },
		"is endless": func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `["`+strings.Repeat("x", maxNames)) },
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernelV2(t)
			k.cgroup2("/docker/"+id("a1"), 1)
			s, store := k.source(func(c *Config) { c.DockerSocket = engineAt(t, handler) }), &cluster.Store{}
			wantIdentities(t, identities(picture(t, s, store)), "||a10000000000|a10000000000|docker")
			wantErrors(t, s, reasonNames, 1)
			k.cgroup2("/docker/"+id("a2"), 2)
			picture(t, s, store)
			wantErrors(t, s, reasonNames, 1) // not asked again so soon, even for a new container
			if err := s.Ready(); err != nil {
				t.Errorf("not ready: %v", err)
			}
		})
	}
}

// To be stopped while an engine is asked is no error of the engine's.
func TestStopWhileAsking(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	ctx, stop := context.WithCancel(t.Context())
	s := k.source(func(c *Config) {
		c.DockerSocket = engineAt(t, func(_ http.ResponseWriter, r *http.Request) { stop(); <-r.Context().Done() })
	})
	s.refresh(ctx, &cluster.Store{})
	wantErrors(t, s, reasonNames, 0)
}

// An engine that is not there is no error: most machines have one of the two, or none.
func TestNoEngine(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	listener, err := net.Listen("unix", k.path("refuses"))
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	k.must(listener.Close())
	s := k.source(func(c *Config) { c.DockerSocket, c.PodmanSocket = k.path("absent"), k.path("refuses") })
	wantIdentities(t, identities(picture(t, s, &cluster.Store{})), "||a10000000000|a10000000000|docker")
	wantErrors(t, s, reasonNames, 0)
}

func TestHostileEngineNames(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/docker/"+id("a1"), 1)
	list := fmt.Sprintf("[{\"Id\": %q, \"Names\": [\"/a\\\"b\\\\c\\nd\xff\"]}]", id("a1"))
	s := k.source(func(c *Config) { c.DockerSocket = engineAt(t, answer(list)) })
	wantIdentities(t, identities(picture(t, s, &cluster.Store{})), "||a\"b\\c\nd\uFFFD|a\"b\\c\nd\uFFFD|docker")
}
