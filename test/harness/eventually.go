package harness

import (
	"testing"
	"time"
)

// pause is the time between two looks at something that can't tell when it changes.
const pause = 50 * time.Millisecond

// Eventually calls try until it returns no error, and returns what it then returned. It fails the test with the last
// error if that takes too long.
func Eventually[T any](t testing.TB, try func() (T, error)) T {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		result, err := try()
		if err == nil {
			return result
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %v", patience, err)
		}
		time.Sleep(pause)
	}
}
