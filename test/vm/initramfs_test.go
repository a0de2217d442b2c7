//go:build linux

package vm

import (
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"

	"github.com/cavaliergopher/cpio"
)

// file is one executable of the guest.
type file struct {
	name   string // path in the guest, without a leading slash
	source string // path on this machine
}

// writeInitramfs writes the guest's whole file system. It is not compressed: the emulated processor would take longer
// to unpack it than this one takes to read it.
func writeInitramfs(t *testing.T, target string, files []file) {
	t.Helper()
	out, err := os.Create(target)
	if err != nil {
		t.Fatal(err)
	}
	archive := cpio.NewWriter(out)
	for _, f := range files {
		if err := add(archive, f); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// add appends the file, and before it the directory it is in.
func add(archive *cpio.Writer, f file) error {
	if dir := path.Dir(f.name); dir != "." {
		if err := archive.WriteHeader(&cpio.Header{Name: dir, Mode: cpio.TypeDir | 0o755, Links: 2}); err != nil {
			return err
		}
	}
	in, err := os.Open(f.source)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&cpio.Header{Name: f.name, Mode: cpio.TypeReg | 0o755, Links: 1, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(archive, in)
	return err
}

// busybox returns the path of a busybox that needs no libraries: the guest has none.
func busybox(t *testing.T) string {
	t.Helper()
	found, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatalf("%v: run test/vm/install.sh", err)
	}
	binary, err := elf.Open(found)
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	if libraries, err := binary.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Fatalf("%s needs %q (%v), the guest needs a static one: run test/vm/install.sh", found, libraries, err)
	}
	return found
}

// guestTest builds the test that runs in the guest and returns its path.
func guestTest(t *testing.T, dir string) string {
	t.Helper()
	target := filepath.Join(dir, "guest.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-trimpath", "-ldflags=-s -w", "-o", target, "./guest")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	return target
}
