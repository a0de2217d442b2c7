package local

import "strings"

// kind is what a directory of a cgroup hierarchy stands for.
type kind uint8

const (
	kindOther     kind = iota // a directory that may hold others: a slice, a pod, a manager's parent
	kindContainer             // a container of a runtime; what is inside belongs to it
	kindService               // a systemd service; it may hold units and containers of its own
	kindHelper                // what a runtime runs beside a container: conmon, LXC's monitor
)

// runtimes of containers, as the workload_type of one that nothing else is known of.
const (
	runtimeDocker     = "docker"
	runtimePodman     = "podman"
	runtimeContainerd = "containerd"
	runtimeCRIO       = "crio"
	runtimeLXC        = "lxc"
	runtimeUnknown    = "container" // a container's id without a word on its runtime
	typeSystemd       = "systemd"
	typeCgroup        = "cgroup"
)

// class says what a directory is.
type class struct {
	kind    kind
	runtime string
	id      string // full container id; LXC: the name
}

// classify tells what a directory is from its own name and its parent's. It knows the layouts of Docker, containerd,
// CRI-O, Podman, Kubernetes, LXC and systemd, with the cgroupfs and the systemd driver.
func classify(parent, name string) class {
	switch {
	case isContainerID(name):
		return class{kindContainer, runtimeOfParent(parent), name}
	case isHelper(parent, name):
		return class{kind: kindHelper}
	case parent == "lxc" || parent == "lxc.payload":
		return class{kindContainer, runtimeLXC, name}
	case strings.HasPrefix(name, "lxc.payload."):
		return class{kindContainer, runtimeLXC, strings.TrimPrefix(name, "lxc.payload.")}
	case strings.HasSuffix(name, ".service"):
		return class{kind: kindService}
	}
	if runtime, id := cutScope(name); isContainerID(id) {
		return class{kindContainer, runtime, id}
	}
	return class{}
}

// cutScope splits the name that a runtime gives to a container's scope, PREFIX-ID.scope, into the runtime and the id.
func cutScope(name string) (runtime, id string) {
	prefix, id := "", strings.TrimSuffix(name, ".scope")
	if i := strings.LastIndexByte(id, '-'); i >= 0 {
		prefix, id = id[:i], id[i+1:]
	}
	switch prefix {
	case "docker":
		return runtimeDocker, id
	case "libpod", "libpod-payload":
		return runtimePodman, id
	case "cri-containerd", "nerdctl":
		return runtimeContainerd, id
	case "crio":
		return runtimeCRIO, id
	}
	return "", ""
}

// isContainerID reports whether name is the full id that Docker, containerd, CRI-O and Podman give a container.
func isContainerID(name string) bool {
	if len(name) != 64 {
		return false
	}
	return strings.Trim(name, "0123456789abcdef") == ""
}

// isHelper reports whether the directory belongs to what watches over a container and not to the container.
func isHelper(parent, name string) bool {
	return strings.HasPrefix(name, "libpod-conmon-") || strings.HasPrefix(name, "crio-conmon-") ||
		name == "conmon" || strings.HasPrefix(name, "lxc.monitor") || parent == "lxc.monitor" || name == "lxc.pivot"
}

// runtimeOfParent names the runtime whose containers stand in a directory of their own without a prefix.
func runtimeOfParent(parent string) string {
	if parent == "docker" {
		return runtimeDocker
	}
	return runtimeUnknown
}

// isUnit reports whether systemd manages the directory as a unit: what such a directory is, its name says.
func isUnit(name string) bool {
	return strings.HasSuffix(name, ".slice") || strings.HasSuffix(name, ".scope") || strings.HasSuffix(name, ".service")
}
