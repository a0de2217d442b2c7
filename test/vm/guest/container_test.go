//go:build linux

package guest

import (
	"os"
	"strings"
	"testing"
)

// container is a cgroup with a load in it.
type container struct {
	name     string // in the test's output
	path     string
	inside   string // below path, where the processes are if not in path itself
	settings map[string]string
	load     string
	labels   labels
	shown    func(now facts) bool // the load has done what it is for
	cgroup   cgroup
}

// containers are laid out as Docker, containerd under Kubernetes and systemd lay them out. They yield the CPU to
// podometer and this test: even on a slow machine, no picture passes unseen.
func containers() []*container {
	const (
		pods  = "/kubepods.slice/kubepods-burstable.slice/"
		pod   = pods + "kubepods-burstable-pod5c0d7a0e_29b8_4a4f_9a5e_0b5f3a3c7d11.slice"
		other = pods + "kubepods-burstable-pod8f1c2b3a_5d6e_4f70_8a9b_c0d1e2f3a4b5.slice"
	)
	return []*container{
		{
			// As with systemd inside the container: the processes are one level further down.
			name: "throttled", load: "burn", inside: "/init.scope",
			path: "/system.slice/docker-" + id("0123456789abcdef") + ".scope", labels: short("docker", id("0123456789abcdef")),
			settings: map[string]string{"cpu.max": "20000 100000", "memory.max": "256M", "cpu.weight": "1"},
			shown: func(now facts) bool {
				return now["container_cpu_throttled_periods_total"] > 9 && now["container_cpu_throttled_seconds_total"] > 0 &&
					now["container_pressure_cpu_waiting_seconds_total"] > 0 && now["container_pressure_cpu_stalled_seconds_total"] > 0
			},
		},
		{
			name: "holding", load: "hold",
			path: pod + "/cri-containerd-" + id("11aa") + ".scope", labels: short("containerd", id("11aa")),
			shown: func(now facts) bool {
				return now["container_memory_anon_bytes"] > heldAnon && now["container_memory_file_bytes"] > heldCache &&
					now["container_memory_working_set_bytes"] < heldAnon+heldCache
			},
		},
		{
			name: "killed", load: "respawn", inside: "/init.scope",
			path: pod + "/cri-containerd-" + id("22bb") + ".scope", labels: short("containerd", id("22bb")),
			settings: map[string]string{"memory.max": "32M", "memory.swap.max": "0"},
			shown: func(now facts) bool {
				return now["container_memory_oom_kills_total"] > 1 && now["container_memory_limit_hits_total"] > 1
			},
		},
		{
			name: "thrashing", load: "thrash",
			path: other + "/cri-containerd-" + id("33cc") + ".scope", labels: short("containerd", id("33cc")),
			settings: map[string]string{"memory.max": "32M"},
			shown: func(now facts) bool {
				return now["container_memory_swap_bytes"] > 0 &&
					now["container_pressure_memory_waiting_seconds_total"] > 0 && now["container_pressure_memory_stalled_seconds_total"] > 0 &&
					now["container_pressure_io_waiting_seconds_total"] > 0 && now["container_pressure_io_stalled_seconds_total"] > 0
			},
		},
		{
			name: "unlimited", load: "burn", path: "/system.slice/burner.service", labels: service("burner.service"),
			settings: map[string]string{"cpu.weight": "1"},
			shown:    func(now facts) bool { return now["container_cpu_usage_seconds_total"] > 1 },
		},
	}
}

// id repeats the digits to a full container id.
func id(digits string) string { return strings.Repeat(digits, 64/len(digits)) }

// short are the labels of a container of which only runtime and id are known.
func short(runtime, id string) labels {
	return labels{container: id[:12], node: "guest", workload: id[:12], workloadType: runtime}
}

// service are the labels of a service of systemd.
func service(name string) labels {
	return labels{namespace: "system.slice", container: name, node: "guest", workload: name, workloadType: "systemd"}
}

// machineLabels are those of the machine itself.
func machineLabels() labels { return labels{node: "guest", pool: "default"} }

// start makes the container's cgroup and starts its load.
func (c *container) start(t *testing.T) {
	t.Helper()
	c.cgroup = makeCgroup(t, c.path)
	for file, value := range c.settings {
		c.cgroup.set(t, file, value)
	}
	makeCgroup(t, c.path+c.inside).start(t, load(c.load))
}

// remove kills what is in the container and removes its cgroup, as runtimes do.
func (c *container) remove(t *testing.T) {
	t.Helper()
	c.cgroup.set(t, "cgroup.kill", "1")
	eventually(t, c.name+" is removed", func() bool { return os.Remove(string(c.cgroup)) == nil })
}
