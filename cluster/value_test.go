package cluster

import (
	"math"
	"testing"
	"unsafe"
)

func TestValue(t *testing.T) {
	if v, ok := (Value{}).Get(); ok || v != 0 || (Value{}).IsKnown() || (Value{}).Over(2).IsKnown() {
		t.Error("the zero Value must be missing")
	}
	if Known(math.NaN()).IsKnown() {
		t.Error("NaN must be missing")
	}
	for _, x := range []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 1e300, math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64} {
		if v, ok := Known(x).Get(); !ok || v != x || math.Signbit(v) != math.Signbit(x) {
			t.Errorf("Known(%v).Get() = %v, %t", x, v, ok)
		}
		if !Known(x).IsKnown() {
			t.Errorf("%v must be known", x)
		}
	}
	if v, ok := Known(6).Over(4).Get(); !ok || v != 1.5 {
		t.Errorf("6 over 4 = %v", v)
	}
	if unsafe.Sizeof(Value{}) != 8 {
		t.Errorf("a Value takes %d bytes", unsafe.Sizeof(Value{}))
	}
}

func FuzzValue(f *testing.F) {
	f.Add(uint64(0))
	f.Add(uint64(missingBits))
	f.Add(math.Float64bits(1))
	f.Fuzz(func(t *testing.T, bits uint64) {
		x := math.Float64frombits(bits)
		v, ok := Known(x).Get()
		if ok == math.IsNaN(x) || ok && v != x {
			t.Errorf("Known(%v).Get() = %v, %t", x, v, ok)
		}
	})
}
