package local

import (
	"bytes"
	"fmt"
	"iter"
	"math"

	"github.com/podometer/podometer/cluster"
)

// lines yields the lines of data, without their ends and without empty ones.
func lines(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(data) > 0 {
			line := data
			if i := bytes.IndexByte(data, '\n'); i >= 0 {
				line, data = data[:i], data[i+1:]
			} else {
				data = nil
			}
			if len(line) > 0 && !yield(line) {
				return
			}
		}
	}
}

// parseUint reads digits and nothing else. Beyond what 64 bits hold, it is malformed.
func parseUint(digits []byte) (uint64, error) {
	if len(digits) == 0 {
		return 0, malformed("number", digits)
	}
	var n uint64
	for _, c := range digits {
		d := uint64(c - '0')
		if d > 9 || n > (math.MaxUint64-d)/10 {
			return 0, malformed("number", digits)
		}
		n = n*10 + d
	}
	return n, nil
}

// parseNumber reads a file that holds one number, such as memory.current.
func parseNumber(data []byte) (cluster.Value, error) {
	n, err := parseUint(bytes.TrimSuffix(data, []byte("\n")))
	if err != nil {
		return cluster.Value{}, err
	}
	return cluster.Known(float64(n)), nil
}

// unlimitedV1 is what cgroup v1 calls no limit: the largest 64-bit number in whole pages. Pages are at most 64 KiB.
const unlimitedV1 = math.MaxInt64 - (64 << 10) + 1

// parseLimit reads a file that holds a limit: a number, "max" (v2) or a number as good as infinite (v1). No limit is
// a missing value.
func parseLimit(data []byte) (cluster.Value, error) {
	data = bytes.TrimSuffix(data, []byte("\n"))
	if string(data) == "max" {
		return cluster.Value{}, nil
	}
	n, err := parseUint(data)
	if err != nil || n >= unlimitedV1 {
		return cluster.Value{}, err
	}
	return cluster.Known(float64(n)), nil
}

// parseQuota reads cpu.max, "QUOTA PERIOD" in any unit, and returns their ratio in cores. "max" is a missing value.
func parseQuota(data []byte) (cluster.Value, error) {
	quota, period, ok := bytes.Cut(bytes.TrimSuffix(data, []byte("\n")), []byte(" "))
	if !ok {
		return cluster.Value{}, malformed("quota", data)
	}
	p, err := parseUint(period)
	if err != nil || p == 0 {
		return cluster.Value{}, malformed("quota", data)
	}
	if string(quota) == "max" {
		return cluster.Value{}, nil
	}
	q, err := parseUint(quota)
	if err != nil {
		return cluster.Value{}, err
	}
	return cluster.Known(float64(q) / float64(p)), nil
}

// parseFlat reads lines of "KEY NUMBER" and calls set for each. A line of any other form is malformed, and so is a
// file without lines.
func parseFlat(data []byte, set func(key []byte, n float64)) error {
	found := false
	for line := range lines(data) {
		key, digits, ok := bytes.Cut(line, []byte(" "))
		n, err := parseUint(digits)
		if !ok || err != nil {
			return malformed("line", line)
		}
		set(key, float64(n))
		found = true
	}
	if !found {
		return malformed("empty file", nil)
	}
	return nil
}

// parsePressure reads a pressure stall file. A line that is not there ("full" of cpu on old kernels) is missing.
func parsePressure(data []byte) (cluster.Stall, error) {
	var stall cluster.Stall
	for line := range lines(data) {
		_, digits, ok := bytes.Cut(line, []byte(" total="))
		total, err := parseUint(digits)
		if !ok || err != nil {
			return cluster.Stall{}, malformed("pressure line", line)
		}
		seconds := cluster.Known(float64(total) / 1e6)
		switch {
		case bytes.HasPrefix(line, []byte("some ")):
			stall.Waiting = seconds
		case bytes.HasPrefix(line, []byte("full ")):
			stall.Stalled = seconds
		}
	}
	if !stall.Waiting.IsKnown() {
		return cluster.Stall{}, malformed("pressure file", data)
	}
	return stall, nil
}

// pids yields the process ids of cgroup.procs. The kernel writes 0 for a process that the reader's own pid namespace
// cannot see.
func pids(data []byte) iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		for line := range lines(data) {
			if !yield(parseUint(line)) {
				return
			}
		}
	}
}

// parseUptime reads /proc/uptime: seconds since the machine started, time in suspend included.
func parseUptime(data []byte) (float64, error) {
	first, _, _ := bytes.Cut(data, []byte(" "))
	whole, part, _ := bytes.Cut(first, []byte("."))
	seconds, err := parseUint(whole)
	if err != nil {
		return 0, malformed("uptime", data)
	}
	fraction, err := parseUint(part)
	if err != nil {
		return 0, malformed("uptime", data)
	}
	return float64(seconds) + float64(fraction)/math.Pow10(len(part)), nil
}

// malformed quotes at most the beginning of data, however long it is.
func malformed(what string, data []byte) error {
	const most = 40
	if len(data) > most {
		data = data[:most]
	}
	return fmt.Errorf("%w %s %q", errMalformed, what, data)
}
