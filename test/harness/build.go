// Package harness builds the programs that the tests run, and runs them.
package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Podometer returns the path of a static podometer, built from the working tree that the test belongs to.
func Podometer(t testing.TB) string {
	t.Helper()
	root := Root(t)
	return build(t, root, "podometer", "-trimpath", ".")
}

// Tool returns the path of a program of a module that test/go.mod pins, such as
// "github.com/prometheus/prometheus/cmd/promtool". A changed pin builds it anew.
func Tool(t testing.TB, pkg string, tags ...string) string {
	t.Helper()
	name := strings.Join(append([]string{path.Base(pkg)}, tags...), "-")
	return build(t, filepath.Join(Root(t), "test"), name, "-tags="+strings.Join(tags, ","), pkg)
}

// Root returns the directory of the repository that the test belongs to.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "test", "go.mod")); err == nil {
			return at
		}
	}
	t.Fatalf("no directory above %s holds test/go.mod", dir)
	return ""
}

// build runs go build in dir and returns the path of the program. The go command does nothing when the program is up
// to date. A lock keeps test processes that run at the same time from building over each other.
func build(t testing.TB, dir, name string, args ...string) string {
	t.Helper()
	cache, err := programs(dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := lock(filepath.Join(cache, name+".lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	program := filepath.Join(cache, name)
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"build", "-buildvcs=false", "-o", program}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s in %s: %v\n%s", strings.Join(cmd.Args, " "), dir, err, out)
	}
	return program
}

// programs returns the directory that keeps what is built in dir. Every working tree has its own, so that two of them
// do not take turns in building over each other.
func programs(dir string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	key := sha256.Sum256([]byte(dir))
	kept := filepath.Join(cache, "podometer", "test", hex.EncodeToString(key[:6]))
	return kept, os.MkdirAll(kept, 0o755)
}

// lock waits until no other process holds the lock file and returns what gives it free. The kernel does so too when
// the process dies.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(&fs.PathError{Op: "flock", Path: path, Err: err}, f.Close())
	}
	return func() { _ = f.Close() }, nil
}
