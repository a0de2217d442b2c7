//go:build linux

package guest

import (
	"os"
	"testing"
	"time"
)

// loadVariable makes this program run a load instead of the tests.
const loadVariable = "PODOMETER_GUEST_LOAD"

func TestMain(m *testing.M) {
	if name := os.Getenv(loadVariable); name != "" {
		runLoad(name)
	}
	os.Exit(m.Run())
}

// eventually waits until ok returns true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	const patience = 2 * time.Minute // a limit for a machine that hangs, far above what anything here takes
	for end := time.Now().Add(patience); !ok(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not after %v: %s", patience, what)
		}
	}
}
