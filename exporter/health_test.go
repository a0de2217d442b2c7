package exporter

import (
	"errors"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/podometer/podometer/cluster"
)

// visible returns the words of a page that a person sees.
func visible(page string) string {
	_, body, _ := strings.Cut(page, "<body>")
	return strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " "))), " ")
}

func withSources(sources ...cluster.Source) func(*Options) {
	return func(o *Options) { o.Sources = sources }
}

func TestHealthzAnswersWhateverTheSources(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, withSources(&source{name: "host", ready: errors.New("no picture yet")}))
	if w := get(t, handler, "/healthz"); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
		t.Errorf("%d %q, want 200 ok", w.Code, w.Body)
	}
}

func TestReadyz(t *testing.T) {
	t.Parallel()
	good := &source{name: "host"}
	late := &source{name: "kube", ready: errors.New("no picture yet")}
	stale := &source{name: "kubelet", ready: errors.New("last full picture is 5m0s old: <b>timeout</b>")}
	for _, c := range []struct {
		sources []cluster.Source
		code    int
		text    string
	}{
		{nil, http.StatusOK, "ok\n"},
		{[]cluster.Source{good}, http.StatusOK, "ok\n"},
		{[]cluster.Source{good, late}, http.StatusServiceUnavailable, "kube: no picture yet\n"},
		{[]cluster.Source{stale, good, late}, http.StatusServiceUnavailable, "kubelet: last full picture is 5m0s old: <b>timeout</b>\nkube: no picture yet\n"},
	} {
		w := get(t, newHandler(t, withSources(c.sources...)), "/readyz")
		if w.Code != c.code || w.Body.String() != c.text {
			t.Errorf("%d %q, want %d %q", w.Code, w.Body, c.code, c.text)
		}
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK && (got != "text/plain; charset=utf-8" || w.Header().Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("a problem is served as %q, which a browser may take for a page", got)
		}
	}
}

func TestReadyzFollowsTheSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		health := cluster.NewHealth(time.Minute)
		handler := newHandler(t, withSources(&living{source: source{name: "host"}, health: health}))
		want := func(code int, text string) {
			t.Helper()
			if w := get(t, handler, "/readyz"); w.Code != code || w.Body.String() != text+"\n" {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, code, text)
			}
		}
		want(http.StatusServiceUnavailable, "host: no picture yet")
		health.Succeed(time.Now(), 3, 4)
		want(http.StatusOK, "ok")
		time.Sleep(time.Minute)
		want(http.StatusOK, "ok")
		time.Sleep(time.Second)
		want(http.StatusServiceUnavailable, "host: last full picture is 1m1s old: the source does not answer")
		health.Fail("read", errors.New("cgroups are gone"))
		want(http.StatusServiceUnavailable, "host: last full picture is 1m1s old: cgroups are gone")
		health.Succeed(time.Now(), 4, 4)
		want(http.StatusOK, "ok")
	})
}

// living is a source whose state is that of a Health.
type living struct {
	source
	health *cluster.Health
}

func (l *living) Ready() error           { return l.health.Ready() }
func (l *living) Status() cluster.Status { return l.health.Status() }

func TestLandingPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		handler := newHandler(t, withSources(
			&source{name: "good", status: cluster.Status{Up: true, LastSuccess: now.Add(-90 * time.Second), Covered: 5, Expected: 6}},
			&source{name: "late", status: cluster.Status{Problem: "no picture yet"}, ready: errors.New("no picture yet")},
			&source{name: "old", status: cluster.Status{Up: true, LastSuccess: now.Add(-time.Hour)}, ready: errors.New("last full picture is 1h0m0s old")},
			&source{name: "broken", status: cluster.Status{LastSuccess: now.Add(-2340 * time.Millisecond), Problem: "permission denied", Expected: 7}},
		))
		w := get(t, handler, "/")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%d %q", w.Code, w.Header())
		}
		text := visible(w.Body.String())
		for _, want := range []string{
			"mode host Metrics Health Readiness",
			"good up 1m30s 5 of 6",
			"late down : no picture yet – 0 of 0",
			"old stale : last full picture is 1h0m0s old 1h0m0s 0 of 0",
			"broken down : permission denied 2.3s 0 of 7",
			"container_cpu 18 container_memory 21 container_pressure 18 container_runtime 9 container_detail 9 node 33 all 108",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not say %q: %s", want, text)
			}
		}
		for _, link := range []string{`href="/metrics"`, `href="/healthz"`, `href="/readyz"`} {
			if !strings.Contains(w.Body.String(), link) {
				t.Errorf("no %s on the page", link)
			}
		}
	})
}

func TestLandingPageTrustsNoSource(t *testing.T) {
	t.Parallel()
	const hostile = "</td></table><script>alert(1)</script>\"'&amp;\x00\xff<img src=x onerror=alert(2)>"
	handler := newHandler(t, withSources(&source{name: hostile, status: cluster.Status{Problem: hostile}}),
		func(o *Options) { o.Mode, o.MetricsPath = hostile, "/javascript:alert(3)" })
	w := get(t, handler, "/")
	page := w.Body.String()
	for _, raw := range []string{"<script", "<img", "</td></table>", "onerror=alert(2)>"} {
		if strings.Contains(page, raw) {
			t.Errorf("%q is on the page as it is: %s", raw, page)
		}
	}
	if strings.Count(visible(page), `<script>alert(1)</script>"'&amp;`) != 3 {
		t.Errorf("the page does not show it: %s", visible(page))
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("policy %q lets scripts run", policy)
	}
}
