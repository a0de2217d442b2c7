package cluster

import (
	"errors"
	"time"
)

// ErrImpossibleRate says that a CPU counter rose faster than the machine's cores can make it rise.
var ErrImpossibleRate = errors.New("cpu counter rose faster than the machine can run")

// overshoot is how far a rate may exceed the number of cores: clocks and counters are not read at the same instant.
const overshoot = 1.1

// CPUSample is one reading of the CPU counter of one container instance.
type CPUSample struct {
	At       time.Time // when the counter was read, by the clock of the sample itself
	Instance uint64    // changes when the container starts anew
	Seconds  Value
}

// CPUCores returns the mean number of cores used between two samples. The result is missing when there is nothing to
// compare: no earlier sample, another instance, a counter that fell, or no time between them; the later sample is
// then the new baseline. A rate above 1.1 times cores is rejected with ErrImpossibleRate; cores of 0 or less means
// that the machine's size is unknown and nothing is rejected.
func CPUCores(earlier, later CPUSample, cores float64) (Value, error) {
	from, ok := earlier.Seconds.Get()
	to, known := later.Seconds.Get()
	window := later.At.Sub(earlier.At).Seconds()
	if !ok || !known || earlier.Instance != later.Instance || to < from || window <= 0 {
		return Value{}, nil
	}
	rate := (to - from) / window
	if cores > 0 && rate > overshoot*cores {
		return Value{}, ErrImpossibleRate
	}
	return Known(rate), nil
}
