package cluster

import (
	"maps"
	"slices"
	"sync"
)

// Table keeps the records of one kind by key. It is safe for concurrent use, and a reader never sees it half
// changed. The zero Table is empty and ready.
type Table[T any] struct {
	mu     sync.Mutex
	rows   map[string]*T
	sorted []*T // rows in the order of their keys; nil after a change, made again by the next All
}

// Put stores row under key, in place of what was there. The row belongs to the table from then on.
func (t *Table[T]) Put(key string, row *T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = make(map[string]*T)
	}
	t.rows[key] = row
	t.sorted = nil
}

// Drop removes the row of key, if there is one.
func (t *Table[T]) Drop(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.rows[key]; ok {
		delete(t.rows, key)
		t.sorted = nil
	}
}

// Replace makes rows the whole content, in one step. The map belongs to the table from then on.
func (t *Table[T]) Replace(rows map[string]*T) {
	sorted := inKeyOrder(rows)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows, t.sorted = rows, sorted
}

// All returns every row in the order of the keys. The slice is shared: read it, never change it.
func (t *Table[T]) All() []*T {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sorted == nil {
		t.sorted = inKeyOrder(t.rows)
	}
	return t.sorted
}

func inKeyOrder[T any](rows map[string]*T) []*T {
	sorted := make([]*T, 0, len(rows))
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		sorted = append(sorted, rows[key])
	}
	return sorted
}
