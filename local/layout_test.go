package local

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/podometer/podometer/cluster"
)

// identities returns a line for each container: namespace|pod|container|workload|type.
func identities(rows map[string]*cluster.Usage) []string {
	var list []string
	for _, u := range rows {
		if u.Node != "box" {
			list = append(list, "wrong node "+u.Node)
		}
		list = append(list, strings.Join([]string{u.Namespace, u.Pod, u.Container, u.Workload, u.WorkloadType}, "|"))
	}
	slices.Sort(list)
	return list
}

func wantIdentities(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestLayoutsV2(t *testing.T) {
	k := newKernelV2(t)
	user := "/user.slice/user-1000.slice"
	for i, path := range []string{
		"/init.scope",
		"/system.slice/nginx.service",
		"/system.slice/system-getty.slice/getty@tty1.service",
		"/system.slice/docker.service",
		"/system.slice/docker-" + id("a1") + ".scope",
		"/docker/" + id("a2"),
		"/docker/" + id("a2") + "/docker/" + id("a3"), // a container in a container is part of it
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-" + id("b1") + ".scope",
		"/kubepods.slice/kubepods-pod3.slice/crio-" + id("b2") + ".scope",
		"/kubepods.slice/kubepods-pod3.slice/crio-conmon-" + id("b2") + ".scope",
		"/kubepods/burstable/pod4-5/" + id("b3"),
		"/machine.slice/libpod-" + id("c1") + ".scope/container",
		"/machine.slice/libpod-conmon-" + id("c1") + ".scope",
		"/libpod_parent/libpod-" + id("c2"),
		"/libpod_parent/conmon",
		"/system.slice/web.service/libpod-payload-" + id("c3"),
		"/system.slice/web.service/runtime",
		user + "/session-1.scope",
		user + "/user@1000.service/init.scope",
		user + "/user@1000.service/app.slice/mail.service",
		user + "/user@1000.service/user.slice/libpod-" + id("c4") + ".scope",
		"/lxc.payload.db/system.slice/cron.service",
		"/lxc.monitor.db",
		"/default/task",
	} {
		k.cgroup2(path, i+1)
	}
	k.write("cgroup/system.slice/dev-hugepages.mount/cgroup.procs", "")
	k.write("cgroup/machine.slice/libpod-"+id("c1")+".scope/cgroup.procs", "")
	k.write("cgroup/lxc.payload.db/cgroup.procs", "")
	wantIdentities(t, identities(picture(t, k.source(), &cluster.Store{})),
		"system.slice||nginx.service|nginx.service|systemd",
		"system-getty.slice||getty@tty1.service|getty@.service|systemd",
		"system.slice||docker.service|docker.service|systemd",
		"||a10000000000|a10000000000|docker",
		"||a20000000000|a20000000000|docker",
		"||b10000000000|b10000000000|containerd",
		"||b20000000000|b20000000000|crio",
		"||b30000000000|b30000000000|container",
		"||c10000000000|c10000000000|podman",
		"||c20000000000|c20000000000|podman",
		"||c30000000000|c30000000000|podman",
		"user-1000.slice||mail.service|mail.service|systemd",
		"||c40000000000|c40000000000|podman",
		"||db|db|lxc",
		"/default||task|task|cgroup",
	)
}

func TestLayoutsV1(t *testing.T) {
	k := newKernelV1(t)
	for i, path := range []string{
		"/docker/" + id("a1"),
		"/kubepods/besteffort/pod1/" + id("b1"),
		"/lxc/db",
		"/system.slice/nginx.service",
	} {
		k.cgroup1(path, i+1)
	}
	k.remove("cgroup/systemd/docker") // Docker without systemd's hierarchy
	k.remove("cgroup/memory/system.slice")
	k.remove("cgroup/cpu,cpuacct/system.slice") // a service without accounting
	rows := picture(t, k.source(), &cluster.Store{})
	wantIdentities(t, identities(rows),
		"||a10000000000|a10000000000|docker",
		"||b10000000000|b10000000000|container",
		"||db|db|lxc",
		"system.slice||nginx.service|nginx.service|systemd",
	)
	wantMissing(t, "cpu of a service without accounting", rows["system.slice/nginx.service"].CPU.UsageSeconds)
	wantValue(t, "its processes", rows["system.slice/nginx.service"].Processes, 1)
}

func TestHostileNames(t *testing.T) {
	k := newKernelV2(t)
	k.cgroup2("/lxc.payload.a\"b\\c\nd\xff", 1)
	k.cgroup2("/lxc.payload.a\"b\\c\nd\xfe", 2)
	rows := picture(t, k.source(), &cluster.Store{})
	if len(rows) != 2 {
		t.Fatalf("%d containers, want both", len(rows))
	}
	for _, u := range rows {
		if !strings.HasPrefix(u.Container, "a\"b\\c\nd\uFFFD") || u.Workload != "a\"b\\c\nd\uFFFD" {
			t.Errorf("container %q, workload %q", u.Container, u.Workload)
		}
	}
}

func TestTenThousandContainers(t *testing.T) {
	k := newKernelV2(t)
	k.write("procs", k.process(1, 1))
	k.write("cpu", "usage_usec 5\n")
	k.mkdir("cgroup/docker")
	for i := range 10_000 {
		dir := k.path("cgroup/docker/" + id(hex(i)))
		k.must(os.Mkdir(dir, 0o755))
		k.must(os.Link(k.path("procs"), dir+"/cgroup.procs")) // links are sooner made than files
		k.must(os.Link(k.path("cpu"), dir+"/cpu.stat"))
	}
	rows := picture(t, k.source(), &cluster.Store{})
	if len(rows) != 10_000 {
		t.Errorf("%d containers, want 10000", len(rows))
	}
	for _, name := range slices.Sorted(maps.Keys(rows))[:3] {
		wantValue(t, name, rows[name].CPU.UsageSeconds, 5e-6)
	}
}

func hex(i int) string {
	const digits = "0123456789abcdef"
	var b [6]byte
	for n := range b {
		b[len(b)-1-n] = digits[i>>(4*n)&15]
	}
	return string(b[:])
}

func TestNewNamesTheFlag(t *testing.T) {
	k := newKernelV2(t)
	k.mkdir("nothing")
	for _, c := range []struct {
		want string
		set  func(*Config)
	}{
		{"--host.cgroup-root: open " + k.path("none") + ": no such file", func(c *Config) { c.CgroupRoot = k.path("none") }},
		{"--host.cgroup-root: " + k.path("nothing") + " holds no cgroup hierarchy", func(c *Config) { c.CgroupRoot = k.path("nothing") }},
		{"--host.proc-root: ", func(c *Config) { c.ProcRoot = k.path("none") }},
		{"--host.proc-root: this is no /proc", func(c *Config) { c.ProcRoot = k.path("nothing") }},
	} {
		config := Config{CgroupRoot: k.path("cgroup"), ProcRoot: k.path("proc")}
		c.set(&config)
		if _, err := New(config, nil); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
