package cluster

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func values(rows []*int) []int {
	var list []int
	for _, row := range rows {
		list = append(list, *row)
	}
	return list
}

func TestTable(t *testing.T) {
	var table Table[int]
	if len(table.All()) != 0 {
		t.Error("the zero table is not empty")
	}
	table.Drop("nothing")
	table.Put("b", new(2))
	table.Put("a", new(1))
	before := table.All()
	table.Put("b", new(3))
	table.Put("c", new(4))
	table.Drop("a")
	if got := values(table.All()); !slices.Equal(got, []int{3, 4}) {
		t.Errorf("rows %v", got)
	}
	if got := values(before); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("an older picture changed to %v", got)
	}
	table.Replace(map[string]*int{"z": new(9), "y": new(8)})
	if got := values(table.All()); !slices.Equal(got, []int{8, 9}) {
		t.Errorf("rows %v", got)
	}
	table.Replace(nil)
	if len(table.All()) != 0 {
		t.Error("rows are left")
	}
	table.Put("a", new(1))
	if got := values(table.All()); !slices.Equal(got, []int{1}) {
		t.Errorf("rows %v", got)
	}
}

// A reader sees a whole replacement or none of it.
func TestTableReplaceIsOneStep(t *testing.T) {
	var table Table[int]
	var writing sync.WaitGroup
	writing.Go(func() {
		for round := range 500 {
			rows := map[string]*int{}
			for i := range 20 {
				rows[strconv.Itoa(i)] = new(round)
			}
			table.Replace(rows)
		}
	})
	for range 500 {
		rows := values(table.All())
		if len(rows) != 0 && (len(rows) != 20 || slices.Min(rows) != slices.Max(rows)) {
			t.Fatalf("half a picture: %v", rows)
		}
	}
	writing.Wait()
}

// A snapshot has all of what changed together or none of it.
func TestTogether(t *testing.T) {
	var store Store
	written := make(chan struct{})
	go func() {
		defer close(written)
		for round := range 500 {
			name := strconv.Itoa(round)
			store.Together(func() {
				store.Nodes.Replace(map[string]*Node{"box": {Name: name}})
				time.Sleep(time.Microsecond) // let a snapshot in, if it can get in
				store.Usage.Replace(map[string]*Usage{"web": {ID: name}})
			})
		}
	}()
	for running := true; running; {
		select {
		case <-written:
			running = false
		default:
		}
		s := store.Snapshot()
		if len(s.Nodes) != len(s.Usage) || len(s.Nodes) == 1 && s.Nodes[0].Name != s.Usage[0].ID {
			t.Fatalf("half of a change: %d nodes, %d containers", len(s.Nodes), len(s.Usage))
		}
	}
}

func TestSnapshotLeavesOutStaleUsage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := Store{UsageMaxAge: time.Minute}
		store.Nodes.Put("box", &Node{Name: "box"})
		store.NodeUsage.Put("box", &NodeUsage{Name: "box", Sampled: time.Now()})
		for _, name := range []string{"a", "c", "e"} {
			store.Usage.Put(name, &Usage{ID: name, Sampled: time.Now()})
		}
		time.Sleep(time.Minute)
		for _, name := range []string{"b", "d"} {
			store.Usage.Put(name, &Usage{ID: name, Sampled: time.Now()})
		}
		all := store.Snapshot()
		if len(all.Usage) != 5 || len(all.NodeUsage) != 1 || !all.Taken.Equal(time.Now()) {
			t.Errorf("%d containers, %d nodes at %s", len(all.Usage), len(all.NodeUsage), all.Taken)
		}
		time.Sleep(time.Nanosecond)
		some := store.Snapshot()
		if len(some.Usage) != 2 || some.Usage[0].ID != "b" || some.Usage[1].ID != "d" || len(some.NodeUsage) != 0 || len(some.Nodes) != 1 {
			t.Errorf("%d containers, %d nodes' usage, %d nodes", len(some.Usage), len(some.NodeUsage), len(some.Nodes))
		}
		if len(all.Usage) != 5 || all.Usage[0].ID != "a" {
			t.Error("an older snapshot changed")
		}
		time.Sleep(time.Hour)
		store.UsageMaxAge = 0
		if got := len(store.Snapshot().Usage); got != 5 {
			t.Errorf("%d containers, want all of them without a limit", got)
		}
	})
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		health := NewHealth(time.Minute, "parse")
		if status := health.Status(); status.Up || health.Ready() == nil || status.Errors["parse"] != 0 || len(status.Errors) != 1 {
			t.Errorf("at first: %+v, %v", status, health.Ready())
		}
		health.Fail("read", errors.New("no file"))
		if err := health.Ready(); err == nil || err.Error() != "no file" {
			t.Errorf("ready: %v", err)
		}
		health.Succeed(time.Now(), 3, 4)
		if n := health.Count("parse"); n != 1 {
			t.Errorf("counted %d", n)
		}
		status := health.Status()
		if !status.Up || health.Ready() != nil || status.Covered != 3 || status.Expected != 4 || status.Errors["read"] != 1 || status.Problem != "" {
			t.Errorf("up: %+v, %v", status, health.Ready())
		}
		status.Errors["read"] = 99
		health.Fail("read", errors.New("no file"))
		if status := health.Status(); status.Up || health.Ready() != nil || status.Covered != 0 || status.Expected != 4 || status.Errors["read"] != 2 {
			t.Errorf("after a failure the picture is still fresh: %+v, %v", status, health.Ready())
		}
		time.Sleep(time.Minute + time.Second)
		if err := health.Ready(); err == nil || err.Error() != "last full picture is 1m1s old: no file" {
			t.Errorf("ready: %v", err)
		}
	})
}
