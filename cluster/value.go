package cluster

import "math"

// missingBits marks a Value without a number. It is a NaN, so no measurement can collide with it.
const missingBits = 0x7ff8_706f_646f_6d65

// Value is a number that a source may not have. The zero Value is missing, so a field nobody filled is never
// mistaken for 0. It is eight bytes, as large as the number alone.
type Value struct{ bits uint64 }

// Known returns the Value of x. A NaN says nothing, so it is missing.
func Known(x float64) Value {
	if math.IsNaN(x) {
		return Value{}
	}
	return Value{bits: math.Float64bits(x) ^ missingBits}
}

// Get returns the number and whether there is one.
func (v Value) Get() (float64, bool) {
	if v.bits == 0 {
		return 0, false
	}
	return math.Float64frombits(v.bits ^ missingBits), true
}

// IsKnown reports whether there is a number.
func (v Value) IsKnown() bool { return v.bits != 0 }

// Over returns the number divided by divisor; a missing Value stays missing.
func (v Value) Over(divisor float64) Value {
	x, ok := v.Get()
	if !ok {
		return v
	}
	return Known(x / divisor)
}
