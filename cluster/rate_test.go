package cluster

import (
	"errors"
	"testing"
	"time"
)

func TestCPUCores(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(seconds, cpu float64) CPUSample {
		return CPUSample{At: start.Add(time.Duration(seconds * float64(time.Second))), Instance: 1, Seconds: Known(cpu)}
	}
	other := at(10, 25)
	other.Instance = 2
	for _, c := range []struct {
		name           string
		earlier, later CPUSample
		cores          float64
		want           Value
		err            error
	}{
		{"mean over the window", at(0, 10), at(10, 25), 2, Known(1.5), nil},
		{"idle", at(0, 10), at(10, 10), 2, Known(0), nil},
		{"no earlier sample", CPUSample{}, at(10, 25), 2, Value{}, nil},
		{"no later number", at(0, 10), CPUSample{At: start.Add(time.Second), Instance: 1}, 2, Value{}, nil},
		{"another instance", at(0, 10), other, 2, Value{}, nil},
		{"a fall", at(0, 10), at(10, 9), 2, Value{}, nil},
		{"no time between", at(0, 10), at(0, 11), 2, Value{}, nil},
		{"time runs backwards", at(10, 10), at(0, 11), 2, Value{}, nil},
		{"just possible", at(0, 0), at(10, 22), 2, Known(2.2), nil},
		{"impossible", at(0, 0), at(10, 22.1), 2, Value{}, ErrImpossibleRate},
		{"unknown size of the machine", at(0, 0), at(10, 1000), 0, Known(100), nil},
	} {
		got, err := CPUCores(c.earlier, c.later, c.cores)
		if got != c.want || !errors.Is(err, c.err) {
			x, ok := got.Get()
			t.Errorf("%s: %v (known: %t), %v", c.name, x, ok, err)
		}
	}
}
