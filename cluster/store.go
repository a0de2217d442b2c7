package cluster

import (
	"sync"
	"time"
)

// Snapshot is everything podometer knows at one moment. It never changes once it is taken; its slices are shared
// with other snapshots and must not be written to.
type Snapshot struct {
	Taken     time.Time
	Nodes     []*Node
	NodeUsage []*NodeUsage
	Usage     []*Usage
}

// Store keeps the newest records of every kind. The zero Store is empty and ready; it is safe for concurrent use.
type Store struct {
	together sync.RWMutex // held while several tables change in one step

	Nodes     Table[Node]
	NodeUsage Table[NodeUsage]
	Usage     Table[Usage]

	// UsageMaxAge is how long usage is believed after it was sampled; older usage is left out of snapshots, because
	// nobody can say whether it still holds. 0 means for ever. Set it before the store is in use.
	UsageMaxAge time.Duration
}

// Snapshot returns the picture of this moment. It costs no copy of any record.
func (s *Store) Snapshot() *Snapshot {
	s.together.RLock()
	defer s.together.RUnlock()
	now := time.Now()
	return &Snapshot{
		Taken:     now,
		Nodes:     s.Nodes.All(),
		NodeUsage: fresh(s.NodeUsage.All(), now, s.UsageMaxAge, func(u *NodeUsage) time.Time { return u.Sampled }),
		Usage:     fresh(s.Usage.All(), now, s.UsageMaxAge, func(u *Usage) time.Time { return u.Sampled }),
	}
}

// Together makes the changes that change does to several tables one step in the eyes of snapshots. Keep it short: a
// snapshot waits for it.
func (s *Store) Together(change func()) {
	s.together.Lock()
	defer s.together.Unlock()
	change()
}

// fresh returns the rows sampled at most maxAge before now: the slice it was given while all of them are.
func fresh[T any](rows []*T, now time.Time, maxAge time.Duration, sampled func(*T) time.Time) []*T {
	if maxAge <= 0 {
		return rows
	}
	for i, row := range rows {
		if now.Sub(sampled(row)) <= maxAge {
			continue
		}
		kept := rows[:i:i]
		for _, row := range rows[i+1:] {
			if now.Sub(sampled(row)) <= maxAge {
				kept = append(kept, row)
			}
		}
		return kept
	}
	return rows
}
