package local

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/podometer/podometer/cluster"
)

// maxFile is the largest file we believe: a kernel file of this size is not one we know.
const maxFile = 1 << 20

var (
	errTooLarge  = fmt.Errorf("file is larger than %d bytes", maxFile)
	errMalformed = errors.New("malformed")
	errNames     = errors.New("containers are called by their ids")
)

// reader reads one small file after the other into a buffer it keeps. It is not safe for concurrent use.
type reader struct {
	path []byte
	buf  []byte
}

func newReader() *reader {
	return &reader{path: make([]byte, 0, 512), buf: make([]byte, 0, 8<<10)}
}

// read returns the content of dir/name. The bytes are valid until the next read.
func (r *reader) read(dir, name string) ([]byte, error) {
	r.path = append(append(append(append(r.path[:0], dir...), '/'), name...), 0)
	fd, err := open(r.path)
	if err != nil {
		return nil, err
	}
	r.buf, err = readAll(fd, r.buf[:0])
	if closeErr := syscall.Close(fd); err == nil {
		err = closeErr
	}
	return r.buf, err
}

// readAll appends what is left of the file to buf, up to maxFile bytes.
func readAll(fd int, buf []byte) ([]byte, error) {
	for {
		if len(buf) > maxFile {
			return buf, errTooLarge
		}
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, len(buf))...)[:len(buf)]
		}
		n, err := syscall.Read(fd, buf[len(buf):cap(buf)])
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return buf, err
		case n <= 0:
			return buf, nil
		default:
			buf = buf[:len(buf)+n]
		}
	}
}

// isAbsent reports whether the kernel does not have the file: it was never there, its cgroup has just been removed,
// or the feature behind it is off.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EOPNOTSUPP) ||
		errors.Is(err, syscall.ENOTDIR)
}

// reasonOf sorts an error into the reasons that podometer_source_errors_total tells apart.
func reasonOf(err error) string {
	var errno syscall.Errno
	switch {
	case errors.Is(err, cluster.ErrImpossibleRate):
		return reasonImpossibleRate
	case errors.Is(err, errNames):
		return reasonNames
	case errors.Is(err, fs.ErrPermission):
		return reasonPermission
	case errors.Is(err, errTooLarge):
		return reasonTooLarge
	case errors.As(err, &errno):
		return reasonRead
	default:
		return reasonParse
	}
}
