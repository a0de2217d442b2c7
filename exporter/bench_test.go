package exporter

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// machine returns a snapshot of one machine with the given number of containers, named and measured as real ones are,
// with every number known.
func machine(b *testing.B, containers int) *cluster.Snapshot {
	b.Helper()
	s := filled(b, containers)
	s.Nodes, s.NodeUsage = s.Nodes[:1], s.NodeUsage[:1]
	for i, u := range s.Usage {
		u.Identity = cluster.Identity{
			Namespace: fmt.Sprintf("team-%d", i%20), Pod: fmt.Sprintf("checkout-api-7d4b9c6f5-%05d", i), Container: "checkout-api",
			Node: "ip-10-0-12-34.eu-central-1.compute.internal", Workload: "checkout-api", WorkloadType: "deployment",
		}
		seconds := func(n int) cluster.Value { return cluster.Known(float64((i+1)*n) + 0.123456) }
		bytes := func(n int) cluster.Value { return cluster.Known(float64((i+1)*n*4096 + 300<<20)) }
		u.CPU = cluster.CPUUsage{
			UsageSeconds: seconds(977), UserSeconds: seconds(601), SystemSeconds: seconds(376), UsageCores: cluster.Known(0.0237 * float64(i+1)),
			Periods: cluster.Known(float64(i * 9973)), ThrottledPeriods: cluster.Known(float64(i * 31)), ThrottledSeconds: seconds(7), LimitCores: cluster.Known(0.5),
		}
		u.Memory = cluster.MemoryUsage{
			Usage: bytes(13), WorkingSet: bytes(11), Anon: bytes(7), File: bytes(5), Swap: cluster.Known(0), Limit: cluster.Known(1 << 30),
			OOMKills: cluster.Known(float64(i % 3)), LimitHits: cluster.Known(float64(i % 50)),
		}
		stall := cluster.Stall{Waiting: seconds(3), Stalled: seconds(2)}
		u.Pressure = cluster.Pressure{CPU: stall, Memory: stall, IO: stall}
		u.RunningSeconds, u.Processes = seconds(86400), cluster.Known(float64(1+i%40))
	}
	return s
}

// counter counts what is written to it.
type counter struct {
	header http.Header
	bytes  int
}

func (c *counter) Write(p []byte) (int, error) { c.bytes += len(p); return len(p), nil }
func (c *counter) Header() http.Header         { return c.header }
func (c *counter) WriteHeader(int)             {}

// BenchmarkScrape is the cost of one scrape of 500 containers with every family there is: "text" the families alone,
// "identity" and "gzip" the whole answer to a request, podometer's own metrics included.
func BenchmarkScrape(b *testing.B) {
	const containers = 500
	snapshot := machine(b, containers)
	b.Run("text", func(b *testing.B) {
		list, buffers := newTextCollectors(collectors.All, nil), buffers{}
		b.ReportAllocs()
		var bytes, series int
		for b.Loop() {
			out := counter{}
			s := scrape{to: &out, snapshot: snapshot, buffer: buffers.get()}
			for i := range list {
				s.run(&list[i], func(_ string, reason any) { b.Fatal(reason) })
			}
			s.flush()
			buffers.put(s.buffer)
			bytes, series = out.bytes, s.series
		}
		b.ReportMetric(float64(bytes), "bytes/scrape")
		b.ReportMetric(float64(series), "series/scrape")
	})
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			handler := newHandler(b, func(o *Options) { o.Snapshot = func() *cluster.Snapshot { return snapshot } })
			request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", http.NoBody)
			request.Header.Set("Accept-Encoding", encoding)
			b.ReportAllocs()
			bytes := 0
			for b.Loop() {
				out := counter{header: http.Header{}}
				handler.ServeHTTP(&out, request)
				if got := out.header.Get("Content-Encoding") == "gzip"; got != (encoding == "gzip") || out.bytes < 1000 {
					b.Fatalf("%d bytes, %v", out.bytes, out.header)
				}
				bytes = out.bytes
			}
			b.ReportMetric(float64(bytes), "bytes/scrape")
		})
	}
}
