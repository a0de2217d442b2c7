package local

import (
	"path"
	"strings"

	"github.com/podometer/podometer/cluster"
)

// shortID is as much of a container's id as people and tools show of it.
const shortID = 12

// identify says which labels a cgroup gets on the machine called node. The name is what its engine calls it, if it
// was asked and knows.
func (g *group) identify(node string, name named) cluster.Identity {
	identity := g.unit()
	if g.kind == kindContainer {
		identity = g.container(name)
	}
	identity.Node = node
	for _, s := range []*string{&identity.Namespace, &identity.Pod, &identity.Container, &identity.Node, &identity.Workload} {
		*s = strings.ToValidUTF8(*s, "\uFFFD") // the kernel and engines take any byte in a name, Prometheus does not
	}
	return identity
}

// container names a container: by its Kubernetes pod or its Compose service if the engine knows of one, by its own
// name, or by its short id.
func (g *group) container(name named) cluster.Identity {
	own := name.name
	if own == "" {
		own = g.id
		if isContainerID(own) {
			own = own[:shortID]
		}
	}
	if pod := name.labels["io.kubernetes.pod.name"]; pod != "" {
		return cluster.Identity{
			Namespace: name.labels["io.kubernetes.pod.namespace"], Pod: pod,
			Container: name.labels["io.kubernetes.container.name"], Workload: pod, WorkloadType: "pod",
		}
	}
	if service := name.labels["com.docker.compose.service"]; service != "" {
		return cluster.Identity{
			Namespace: name.labels["com.docker.compose.project"],
			Container: own, Workload: service, WorkloadType: "compose",
		}
	}
	return cluster.Identity{Container: own, Workload: own, WorkloadType: g.runtime}
}

// unit names what is no container: a systemd service by itself and its slice, any other cgroup by its path. The
// instances of a template, such as getty@tty1.service, are one workload.
func (g *group) unit() cluster.Identity {
	parent, name := path.Split(g.path)
	if g.kind != kindService {
		return cluster.Identity{Namespace: path.Clean(parent), Container: name, Workload: name, WorkloadType: typeCgroup}
	}
	workload := name
	if template, _, ok := strings.Cut(name, "@"); ok {
		workload = template + "@.service"
	}
	return cluster.Identity{Namespace: sliceOf(parent), Container: name, Workload: workload, WorkloadType: typeSystemd}
}

// sliceOf returns the slice that holds a service: the user's own slice for the services of a user's manager, because
// app.slice exists once for every user, else the innermost.
func sliceOf(parent string) string {
	slice := "-.slice"
	for name := range strings.SplitSeq(parent, "/") {
		if strings.HasSuffix(name, ".slice") {
			slice = name
		}
		if strings.HasPrefix(name, "user@") {
			break
		}
	}
	return slice
}
