package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Health keeps the Status of a source for it. It is safe for concurrent use; make it with NewHealth.
type Health struct {
	maxAge time.Duration

	mu     sync.Mutex
	status Status
}

// NewHealth returns the Health of a source whose picture is fresh for maxAge. The reasons start at 0, so that the
// first error of each is seen as an increase.
func NewHealth(maxAge time.Duration, reasons ...string) *Health {
	h := &Health{maxAge: maxAge, status: Status{Errors: make(map[string]uint64), Problem: "no picture yet"}}
	for _, reason := range reasons {
		h.status.Errors[reason] = 0
	}
	return h
}

// Succeed records a full picture taken at the given time, with usage for covered of expected containers.
func (h *Health) Succeed(at time.Time, covered, expected int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.LastSuccess, h.status.Up, h.status.Problem = at, true, ""
	h.status.Covered, h.status.Expected = covered, expected
}

// Fail records an attempt that gave no picture, and counts its reason.
func (h *Health) Fail(reason string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.Errors[reason]++
	h.status.Up, h.status.Problem = false, err.Error()
	h.status.Covered = 0
}

// Count records one error that spoiled a part of a picture, and returns how many of this reason there are now.
func (h *Health) Count(reason string) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.Errors[reason]++
	return h.status.Errors[reason]
}

// Status returns a copy that is the caller's own.
func (h *Health) Status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	status := h.status
	status.Errors = maps.Clone(status.Errors)
	return status
}

// Ready returns nil while the last full picture is at most as old as the Health allows.
func (h *Health) Ready() error {
	status := h.Status()
	switch age := time.Since(status.LastSuccess); {
	case status.LastSuccess.IsZero():
		return errors.New(status.Problem)
	case age > h.maxAge:
		return fmt.Errorf("last full picture is %s old: %s", age.Round(time.Second), cmp.Or(status.Problem, "the source does not answer"))
	}
	return nil
}
