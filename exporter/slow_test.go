package exporter

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// large returns a snapshot whose text is longer than a few chunks, with its text.
func large(t *testing.T) (snapshot *cluster.Snapshot, text string) {
	t.Helper()
	snapshot = filled(t, 30)
	text = ourText(collectors.All, nil, snapshot)
	if len(text) < 3*chunk {
		t.Fatalf("only %d bytes", len(text))
	}
	return snapshot, text
}

func withSnapshot(snapshot *cluster.Snapshot) func(*Options) {
	return func(o *Options) { o.Snapshot = func() *cluster.Snapshot { return snapshot } }
}

// TestClientThatReadsByteByByte keeps nobody else waiting, and gets everything in the end.
func TestClientThatReadsByteByByte(t *testing.T) {
	t.Parallel()
	snapshot, want := large(t)
	_, listener := serve(t, newHandler(t, withSnapshot(snapshot)))
	slow := listener.ask(t)
	var read bytes.Buffer
	for range 3 {
		if _, err := io.CopyN(&read, iotest.OneByteReader(slow), 1000); err != nil {
			t.Fatal(err)
		}
		status, text := answer(t, listener.ask(t))
		if status != http.StatusOK || records(t, text) != want {
			t.Errorf("another scrape meanwhile: status %d, %d bytes", status, len(text))
		}
	}
	status, text := answer(t, io.MultiReader(&read, slow))
	if status != http.StatusOK || records(t, text) != want {
		t.Errorf("the slow scrape: status %d, %d bytes", status, len(text))
	}
	parsed(t, strings.NewReader(text))
}

// TestStalledClientIsGivenUp and gets its place taken by the next one.
func TestStalledClientIsGivenUp(t *testing.T) {
	t.Parallel()
	snapshot, want := large(t)
	synctest.Test(t, func(t *testing.T) {
		_, listener := serve(t, newHandler(t, withSnapshot(snapshot), func(o *Options) { o.MaxRequests = 1 }))
		stalled := listener.ask(t)
		synctest.Wait() // until the scrape can't go on
		if status, text := answer(t, listener.ask(t)); status != http.StatusServiceUnavailable {
			t.Fatalf("a second scrape: %d %.100s", status, text)
		}
		time.Sleep(2 * answerTimeout)
		if status, text := answer(t, listener.ask(t)); status != http.StatusOK || records(t, text) != want {
			t.Errorf("a scrape after it: status %d, %d bytes", status, len(text))
		}
		if rest, _ := io.ReadAll(stalled); len(rest) >= len(want) {
			t.Errorf("the stalled client was not given up: it still gets %d bytes", len(rest))
		}
	})
}

// TestClientThatSendsNothing does not keep its connection.
func TestClientThatSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, listener := serve(t, newHandler(t))
		for _, begun := range []string{"", "GET /metrics HTTP/1.1\r\nHost: podo"} {
			silent := listener.dial(t)
			if _, err := io.WriteString(silent, begun); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = io.ReadAll(silent)
			}()
			time.Sleep(2 * headerTimeout)
			synctest.Wait()
			select {
			case <-ended:
			default:
				t.Errorf("the connection that sent %q is still open", begun)
			}
		}
	})
}

// TestClientThatGoesAway costs a debug line, and its place is free again.
func TestClientThatGoesAway(t *testing.T) {
	t.Parallel()
	snapshot, want := large(t)
	synctest.Test(t, func(t *testing.T) {
		var log journal
		_, listener := serve(t, newHandler(t, withSnapshot(snapshot), func(o *Options) { o.MaxRequests, o.Logger = 1, log.logger() }))
		for range 3 {
			gone := listener.ask(t)
			if _, err := io.CopyN(io.Discard, gone, 100_000); err != nil {
				t.Fatal(err)
			}
			_ = gone.Close()
			synctest.Wait()
		}
		if status, text := answer(t, listener.ask(t)); status != http.StatusOK || records(t, text) != want {
			t.Errorf("a scrape after it: status %d, %d bytes", status, len(text))
		}
		if text := log.String(); strings.Count(text, "level=DEBUG msg=\"scrape was not read to its end\"") != 3 || strings.Count(text, "\n") != 3 {
			t.Errorf("want one debug line each: %s", text)
		}
	})
}

// TestTooManyScrapes lets as many go on as --web.max-requests says, and answers the others at once.
func TestTooManyScrapes(t *testing.T) {
	t.Parallel()
	const most = 3
	begun, release, snapshot := make(chan struct{}), make(chan struct{}), filled(t, 3)
	handler := newHandler(t, func(o *Options) {
		o.MaxRequests = most
		o.Snapshot = func() *cluster.Snapshot {
			begun <- struct{}{}
			<-release
			return snapshot
		}
	})
	under := make(chan *httptest.ResponseRecorder)
	for range most {
		go func() { under <- get(t, handler, "/metrics") }()
		<-begun
	}
	for range 2 {
		w := get(t, handler, "/metrics")
		if want := "3 scrapes are under way, which is --web.max-requests\n"; w.Code != http.StatusServiceUnavailable || w.Body.String() != want {
			t.Errorf("%d %q, want 503 %q", w.Code, w.Body, want)
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := get(t, handler, path); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	close(release)
	for range most {
		w := <-under
		if parsed(t, w.Body); w.Code != http.StatusOK {
			t.Errorf("a scrape within the bound: %d", w.Code)
		}
	}
	go func() { <-begun }()
	families, _ := scraped(t, handler, "/metrics")
	if got := valueOf(t, families, "promhttp_metric_handler_requests_total", "code", "503"); got != 2 {
		t.Errorf("%v refused scrapes are counted, want 2", got)
	}
}
