package local

import (
	"slices"
	"strings"
	"time"
)

// remember is how long something may be gone and count on where it stopped when it comes back.
const remember = time.Hour

// finished is the running time that an ended instance leaves to the next one of the same identity.
type finished struct {
	seconds float64
	at      time.Time
}

// roster knows every instance that runs. It is not safe for concurrent use.
type roster struct {
	node      string
	hierarchy hierarchy
	round     uint64
	instances map[string]*instance // by path
	owners    map[string]*instance // by key
	finished  map[string]finished  // by key
}

func newRoster(node string, h hierarchy) *roster {
	return &roster{
		node: node, hierarchy: h,
		instances: make(map[string]*instance), owners: make(map[string]*instance), finished: make(map[string]finished),
	}
}

// see takes note of a cgroup found in a tree at the given time.
func (r *roster) see(tree string, g group, now time.Time) {
	i, ok := r.instances[g.path]
	if ok && i.tree == tree && i.inode != g.inode {
		r.end(i, now)
		ok = false
	}
	if !ok {
		i = &instance{group: g, controllers: r.hierarchy.of(g.path), tree: tree}
		r.instances[g.path] = i
	}
	i.round = r.round
	if i.tree == tree {
		i.children = g.children
	}
}

// sweep ends what the newest walk did not see, and returns the rest in the order of the paths.
func (r *roster) sweep(now time.Time) []*instance {
	live := make([]*instance, 0, len(r.instances))
	for _, i := range r.instances {
		if i.round == r.round {
			live = append(live, i)
		} else {
			r.end(i, now)
		}
	}
	for key, f := range r.finished {
		if now.Sub(f.at) > remember {
			delete(r.finished, key)
		}
	}
	slices.SortFunc(live, func(a, b *instance) int { return strings.Compare(a.path, b.path) })
	return live
}

func (r *roster) end(i *instance, now time.Time) {
	delete(r.instances, i.path)
	r.release(i)
	if total := i.run.total(); total > 0 {
		r.finished[i.key] = finished{total, now}
	}
}

func (r *roster) release(i *instance) {
	if r.owners[i.key] == i {
		delete(r.owners, i.key)
	}
}

// claim gives the instance its identity. Two things of one name, which no engine gives but a machine with two engines
// has, are told apart by their ids, the second one in the order of claims.
func (r *roster) claim(i *instance, name named) {
	r.release(i)
	i.identity = i.identify(r.node, name)
	i.key = keyOf(i.identity)
	for _, distinction := range i.distinctions() {
		if _, taken := r.owners[i.key]; !taken {
			break
		}
		i.identity.Container += "-" + distinction
		i.key = keyOf(i.identity)
	}
	r.owners[i.key] = i
	if f, ok := r.finished[i.key]; ok {
		i.run.before += f.seconds
		delete(r.finished, i.key)
	}
}
