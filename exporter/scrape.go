package exporter

import (
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/podometer/podometer/cluster"
	"github.com/podometer/podometer/collectors"
)

// chunk is how much text is gathered before it is sent on.
const chunk = 64 << 10

// textCollector is a collector whose families are ready to write.
type textCollector struct {
	name     string
	families []textFamily
}

func newTextCollectors(from []collectors.Collector, constant map[string]string) []textCollector {
	list := make([]textCollector, 0, len(from))
	for _, c := range from {
		t := textCollector{name: c.Name}
		for _, f := range c.Families {
			t.families = append(t.families, newTextFamily(f, constant))
		}
		list = append(list, t)
	}
	return list
}

// outcome is what one collector did in one scrape.
type outcome struct {
	collector string
	duration  time.Duration // without the time the client took to read
	series    int
}

// scrape writes one snapshot as text. It belongs to one request.
type scrape struct {
	to       io.Writer
	snapshot *cluster.Snapshot
	buffer   []byte
	whole    int   // length of buffer up to the end of the newest whole line
	sent     int   // chunks
	err      error // of the first write that failed: the client is gone, nothing more is worth doing
	waited   time.Duration
	series   int // in what was written
}

// buffers lends scrapes their buffers.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() []byte {
	if buffer, ok := b.pool.Get().(*[]byte); ok {
		return (*buffer)[:0]
	}
	return make([]byte, 0, chunk+chunk/4)
}

func (b *buffers) put(buffer []byte) { b.pool.Put(&buffer) }

// run writes the collector's families. A collector that panics leaves nothing behind but what has been sent already,
// whole lines that are true; the others go on.
func (s *scrape) run(c *textCollector, panicked func(collector string, reason any)) (o outcome) {
	o.collector = c.name
	start, waited, begin, sent, series := time.Now(), s.waited, len(s.buffer), s.sent, s.series
	defer func() {
		if reason := recover(); reason != nil {
			s.buffer = s.buffer[:s.whole]
			if s.sent == sent {
				s.buffer, s.series = s.buffer[:begin], series
			}
			s.whole = len(s.buffer)
			panicked(c.name, reason)
		}
		o.series = s.series - series
		o.duration = time.Since(start) - (s.waited - waited)
	}()
	for i := range c.families {
		s.family(&c.families[i])
	}
	return o
}

// family writes one family, without a head if it has no samples.
func (s *scrape) family(f *textFamily) {
	headed := false
	f.Collect(s.snapshot, func(value float64, labelValues ...string) {
		if s.err != nil {
			return
		}
		if !headed {
			s.buffer = append(s.buffer, f.head...)
			headed = true
		}
		s.buffer = f.appendSample(s.buffer, value, labelValues)
		s.whole = len(s.buffer)
		s.series++
		if s.whole >= chunk {
			s.flush()
		}
	})
}

// flush sends what is gathered.
func (s *scrape) flush() {
	start := time.Now()
	if s.err == nil && len(s.buffer) > 0 {
		_, s.err = s.to.Write(s.buffer)
		s.sent++
	}
	s.buffer, s.whole = s.buffer[:0], 0
	s.waited += time.Since(start)
}

// panics counts and logs collectors that panic: each one's first panic with its stack, as all of them look alike.
type panics struct {
	logger *slog.Logger
	count  func(collector string)
	once   sync.Map // collector → struct{}
}

func (p *panics) record(collector string, reason any) {
	p.count(collector)
	if _, known := p.once.LoadOrStore(collector, struct{}{}); !known {
		p.logger.Error("collector panicked; its series are missing", "collector", collector,
			"panic", fmt.Sprint(reason), "stack", string(debug.Stack()))
	}
}
