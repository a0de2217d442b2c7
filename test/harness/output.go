package harness

import (
	"strings"
	"sync"
)

// output collects what a program writes and wakes who waits for more.
type output struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed at the next write
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.changed = make(chan struct{})
	return o.text.Write(data)
}

// String returns all that was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// lines returns all that was written but a last line that has no end yet.
func (o *output) lines() string {
	text := o.String()
	return text[:strings.LastIndexByte(text, '\n')+1]
}

// more returns a channel that is closed when something is written after this call.
func (o *output) more() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}
