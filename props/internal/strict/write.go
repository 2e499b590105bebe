package strict

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// WriteFile writes data to path. A regular file is replaced whole or not at all, and
// keeps its permissions and, where that is allowed, its owner; a new one gets those of
// os.Create. A symbolic link stays and what it leads to is written, a pipe or a device
// is written through; one that takes nothing for Patience gives
// [os.ErrDeadlineExceeded].
func WriteFile(path string, data []byte) error {
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory", path)
	}
	file, descriptor, linkErr := target(path)
	switch {
	case err == nil && (descriptor || !info.Mode().IsRegular()):
		return through(path, data)
	case linkErr != nil:
		return linkErr
	case err != nil:
		return replace(file, nil, data)
	}
	return replace(file, info, data)
}

// Writable says why WriteFile cannot write to path, as far as that is seen without writing
// into it, and is Target.
func Writable(path string) (file string, err error) {
	if file, err = Target(path); file == "" || err != nil {
		return file, err
	}
	if _, err := os.Stat(file); err == nil { // as replace does
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return "", err
		}
		if err := f.Close(); err != nil {
			return "", err
		}
	}
	f, err := createBeside(file)
	if err != nil {
		return "", err
	}
	return file, errors.Join(f.Close(), os.Remove(f.Name()))
}

// Target is the file that WriteFile would write for path: two paths of the same one would
// overwrite each other. What is no regular file, a device say, is written through and has
// no name.
func Target(path string) (file string, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return "", errors.New("is a directory")
	case err == nil && !info.Mode().IsRegular():
		return "", nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	file, descriptor, err := target(path)
	if err != nil || descriptor {
		return "", err
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return "", errors.New("its directory is not there")
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(file)), nil
}

// AppendFile writes data at the end of the file at path, which others write to as well and
// which may not be there yet; a pipe or a device as WriteFile does.
func AppendFile(path string, data []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return through(path, data)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// target follows symbolic links to where a file is, or would be. It stops where a link
// leads to a descriptor of the process: another file of that name would not be what the
// process writes to.
func target(path string) (file string, descriptor bool, err error) {
	const most = 40 // links in Linux, then ELOOP
	for range most {
		full, err := filepath.Abs(path)
		if err != nil {
			return "", false, err
		}
		if strings.HasPrefix(full, "/proc/") || strings.HasPrefix(full, "/dev/fd/") {
			return path, true, nil
		}
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return path, false, nil
		}
		if err != nil {
			return "", false, err
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", false, err
		}
		if !filepath.IsAbs(to) { // not filepath.Join: dir/../x is no x when dir is a link
			dir, _ := filepath.Split(path)
			to = dir + to
		}
		path = to
	}
	return "", false, fmt.Errorf("%s: too many symbolic links", path)
}

// replace writes a file beside path and gives it that name. old is what is there.
func replace(path string, old fs.FileInfo, data []byte) error {
	if old != nil { // a file that may not be written is not replaced either
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	if err := fill(f, old, data); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// createBeside creates a file in the directory of path with the permissions of
// os.Create; os.CreateTemp has others.
func createBeside(path string) (*os.File, error) {
	for k := 0; ; k++ {
		name := fmt.Sprintf("%s.%d-%d.tmp", path, os.Getpid(), k)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// fill writes and closes f.
func fill(f *os.File, old fs.FileInfo, data []byte) error {
	_, err := f.Write(data)
	if err == nil && old != nil {
		keepOwner(f, old)
		err = f.Chmod(old.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// through writes to a pipe, a device or a descriptor, at its end.
func through(path string, data []byte) error {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		// A descriptor of its own would write over what f writes after it, and a socket
		// has no other.
		if sameFile(path, f) {
			_, err := f.Write(data)
			return err
		}
	}
	const flags = os.O_WRONLY | os.O_APPEND | syscall.O_NONBLOCK
	start := time.Now()
	f, err := os.OpenFile(path, flags, 0)
	for errors.Is(err, syscall.ENXIO) && time.Since(start) < patience { // a FIFO that nobody reads yet
		time.Sleep(patience / 100)
		f, err = os.OpenFile(path, flags, 0)
	}
	if err != nil {
		return err
	}
	const piece = 1 << 16 // of a pipe
	for end := start.Add(maxWait); len(data) > 0; {
		until := time.Now().Add(patience)
		if end.Before(until) {
			until = end
		}
		// What has no deadline does not wait.
		if err := f.SetWriteDeadline(until); err != nil && !errors.Is(err, os.ErrNoDeadline) {
			return errors.Join(err, f.Close())
		}
		n, err := f.Write(data[:min(piece, len(data))])
		data = data[n:]
		if err != nil && !(n > 0 && errors.Is(err, os.ErrDeadlineExceeded)) {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}
