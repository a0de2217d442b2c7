package local

import (
	"math"
	"testing"

	"github.com/podometer/podometer/cluster"
)

// A parser takes anything and gives numbers a counter or a size can have, or an error.
func checkValue(t *testing.T, v cluster.Value, err error) {
	t.Helper()
	x, ok := v.Get()
	if ok && (err != nil || x < 0 || math.IsNaN(x) || math.IsInf(x, 0)) {
		t.Errorf("value %v with error %v", x, err)
	}
}

func seed(f *testing.F, texts ...string) {
	for _, text := range append(texts, "", "\n", "0\n", "-1\n", "max\n", "18446744073709551615\n", "18446744073709551616\n", "a b c\n", "\x00\xff", "1 2") {
		f.Add([]byte(text))
	}
}

func FuzzParseNumber(f *testing.F) {
	seed(f, "123456789\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parseNumber(data)
		checkValue(t, v, err)
		if err == nil && !v.IsKnown() {
			t.Error("no number and no error")
		}
	})
}

func FuzzParseLimit(f *testing.F) {
	seed(f, "1073741824\n", "9223372036854771712\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parseLimit(data)
		checkValue(t, v, err)
	})
}

func FuzzParseQuota(f *testing.F) {
	seed(f, "max 100000\n", "50000 100000\n", "1 0\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parseQuota(data)
		checkValue(t, v, err)
		v, err = parseQuotaV1(data)
		checkValue(t, v, err)
	})
}

func FuzzParseCPUStat(f *testing.F) {
	seed(f, "usage_usec 1\nuser_usec 2\nsystem_usec 3\nnr_periods 4\nnr_throttled 5\nthrottled_usec 6\n", "user 1\nsystem 2\n", "throttled_time 5\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		var u cluster.CPUUsage
		err := parseCPUStat(data, &u)
		for _, v := range []cluster.Value{u.UsageSeconds, u.UserSeconds, u.SystemSeconds, u.Periods, u.ThrottledPeriods, u.ThrottledSeconds} {
			checkValue(t, v, err)
		}
	})
}

func FuzzParseMemoryStat(f *testing.F) {
	seed(f, "anon 1\nfile 2\ninactive_file 3\n", "inactive_file 1\ntotal_inactive_file 2\ntotal_rss 3\ntotal_cache 4\ntotal_swap 5\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		stat, err := parseMemoryStat(data)
		for _, v := range []cluster.Value{stat.anon, stat.file, stat.inactiveFile, stat.swap} {
			checkValue(t, v, err)
		}
	})
}

func FuzzParseMemoryEvents(f *testing.F) {
	seed(f, "low 0\nhigh 0\nmax 5\noom 0\noom_kill 2\n", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		var u cluster.MemoryUsage
		err := parseMemoryEvents(data, &u)
		checkValue(t, u.LimitHits, err)
		checkValue(t, u.OOMKills, err)
	})
}

func FuzzParsePressure(f *testing.F) {
	seed(f, "some avg10=0.00 avg60=0.00 avg300=0.00 total=12\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=3\n", "some total=5\n", "full total=5\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		stall, err := parsePressure(data)
		checkValue(t, stall.Waiting, err)
		checkValue(t, stall.Stalled, err)
		if err == nil && !stall.Waiting.IsKnown() {
			t.Error("no number and no error")
		}
	})
}

func FuzzParseUptime(f *testing.F) {
	seed(f, "5000.25 9000.00\n", "1.", ".5", "99999999999999999999.1")
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := parseUptime(data); err == nil && (v < 0 || math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Errorf("uptime %v", v)
		}
	})
}

func FuzzPids(f *testing.F) {
	seed(f, "1\n2\n3\n", "0\n0\n", "12")
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		for pid, err := range pids(data) {
			if n++; err != nil && pid != 0 {
				t.Errorf("process %d with error %v", pid, err)
			}
		}
		if n > len(data) {
			t.Errorf("%d processes in %d bytes", n, len(data))
		}
	})
}

func FuzzParseNames(f *testing.F) {
	seed(f, `[{"Id":"a","Names":["/b"],"Labels":{"c":"d"}}]`, `[{"Id":"a","Names":[]}]`, `[null]`, `{}`)
	f.Fuzz(func(t *testing.T, data []byte) {
		if names, err := parseNames(data); err != nil && names != nil {
			t.Error("names and an error")
		}
	})
}

func FuzzClassify(f *testing.F) {
	f.Add("docker", id("a1"))
	f.Add("system.slice", "docker-"+id("a1")+".scope")
	f.Add("lxc", "web")
	f.Add("", "-.slice")
	f.Add("system.slice", ".scope")
	f.Fuzz(func(t *testing.T, parent, name string) {
		g := group{class: classify(parent, name), path: "/" + parent + "/" + name}
		if (g.kind == kindContainer) != (g.runtime != "") {
			t.Errorf("%+v", g.class)
		}
		g.identify("box", named{})
	})
}
