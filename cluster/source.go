package cluster

import (
	"context"
	"time"
)

// Source reads the outside world into a Store.
type Source interface {
	// Name is the value of the source label on the series about this source.
	Name() string
	// Run reads until ctx ends, then returns nil, or returns an error nothing can be done about. It blocks.
	Run(ctx context.Context, into *Store) error
	// Ready returns nil once the first full picture is stored and while it is fresh, else what is wanting.
	Ready() error
	// Status returns how the source is doing. It never waits for the source's input.
	Status() Status
}

// Status is how a source is doing at one moment.
type Status struct {
	LastSuccess time.Time // zero: never yet
	// Up is false while the newest attempt failed, and before the first one succeeded.
	Up bool
	// Errors counts by reason what went wrong since the start, in part or in whole.
	Errors map[string]uint64
	// Expected is the number of running containers the source should have usage for, Covered the number it has.
	Expected, Covered int
	// Problem is the newest error of an attempt that failed, in words for a person; empty while Up.
	Problem string
}
