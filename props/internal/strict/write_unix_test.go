//go:build unix

package strict

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPermissions: a new file gets those of os.Create, an old one keeps its own and its
// owner, and is another file afterwards: readers of the old one are not disturbed.
func TestPermissions(t *testing.T) {
	dir := t.TempDir()
	fresh, like := filepath.Join(dir, "fresh"), filepath.Join(dir, "like")
	if err := WriteFile(fresh, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(like, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	mode := func(name string) (fs.FileMode, *syscall.Stat_t) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode(), info.Sys().(*syscall.Stat_t)
	}
	have, _ := mode(fresh)
	if want, _ := mode(like); have != want {
		t.Errorf("a new file has %v, os.Create gives %v", have, want)
	}
	for _, perm := range []fs.FileMode{0o600, 0o640, 0o777} {
		if err := os.Chmod(fresh, perm); err != nil {
			t.Fatal(err)
		}
		const someone = 12345
		owned := os.Chown(fresh, someone, someone) == nil // as root only
		_, before := mode(fresh)
		open, err := os.Open(fresh)
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(fresh, []byte("y")); err != nil {
			t.Fatal(err)
		}
		have, after := mode(fresh)
		if have != perm || owned && (after.Uid != someone || after.Gid != someone) {
			t.Errorf("permissions %v, owner %d, want %v and the owner it had", have, after.Uid, perm)
		}
		if before.Ino == after.Ino {
			t.Error("written over, not replaced")
		}
		open.Close()
	}
	alone(t, dir, "fresh", "like")
}

// TestReadOnly: a file that may not be written is not replaced.
func TestReadOnly(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everything")
	}
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("as it was"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(name, []byte("x")); !errors.Is(err, fs.ErrPermission) || contents(t, name) != "as it was" {
		t.Errorf("error %v, contents %q", err, contents(t, name))
	}
}

// TestNotAtAll: where the rest of a file does not fit, the old one stays whole.
func TestNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := WriteFile(name, []byte("as it was")); err != nil {
		t.Fatal(err)
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	err := WriteFile(name, make([]byte, 2000))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.EFBIG) || contents(t, name) != "as it was" {
		t.Errorf("error %v, contents %q", err, contents(t, name))
	}
	alone(t, dir, "file")
}

// TestLinks: a link stays a link, whether or not there is a file behind it.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o777); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{
		"to-a":     "a",
		"absolute": filepath.Join(dir, "a", "one"),
		"relative": "a/two",
		"twice":    "relative",
		"up":       "to-b/../three", // is a/three: to-b leads to a/b
		"to-b":     "a/b",
		"inside":   "to-a/four",
	}
	for name, to := range links {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 2 { // dangling at first
		for name, file := range map[string]string{"absolute": "one", "relative": "two", "twice": "two", "up": "three",
			"inside": "four"} {
			said := fmt.Sprint(name, round)
			if err := WriteFile(filepath.Join(dir, name), []byte(said)); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if to, err := os.Readlink(filepath.Join(dir, name)); err != nil || to != links[name] {
				t.Errorf("%s: leads to %q, %v, want %q", name, to, err, links[name])
			}
			if got := contents(t, filepath.Join(dir, "a", file)); got != said {
				t.Errorf("%s: have %q in %s", name, got, file)
			}
		}
	}
	alone(t, filepath.Join(dir, "a"), "b", "four", "one", "three", "two")
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "loop"), nil); err == nil {
		t.Error("a link to itself is written")
	}
}

// TestDevices: a device stays a device, and one that is full is an error.
func TestDevices(t *testing.T) {
	isDevice := func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.Mode()&fs.ModeDevice != 0
	}
	for name, want := range map[string]error{"/dev/null": nil, "/dev/full": syscall.ENOSPC} {
		if !isDevice(name) {
			t.Logf("no %s here", name)
			continue
		}
		if err := WriteFile(name, []byte("x")); !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", name, err, want)
		}
		if !isDevice(name) {
			t.Errorf("%s is no device any more", name)
		}
	}
}

// TestWriteFIFO: a FIFO is written through, also to a reader that comes late.
func TestWriteFIFO(t *testing.T) {
	impatient(t, 30*time.Second, time.Minute)
	name := fifo(t)
	data := strings.Repeat("x", 200000)
	read := make(chan string)
	go func() {
		time.Sleep(50 * time.Millisecond)
		got, err := os.ReadFile(name)
		if err != nil {
			got = []byte(err.Error())
		}
		read <- string(got)
	}()
	if err := WriteFile(name, []byte(data)); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != data {
		t.Errorf("%d bytes came through", len(got))
	}
	if info, err := os.Lstat(name); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the FIFO is now %v, %v", info, err)
	}
}

// TestWriteFIFOInVain: nobody opens it, or nobody takes anything.
func TestWriteFIFOInVain(t *testing.T) {
	impatient(t, 50*time.Millisecond, time.Minute)
	if err := WriteFile(fifo(t), []byte("x")); !errors.Is(err, syscall.ENXIO) {
		t.Errorf("nobody reads: error %v", err)
	}
	name := fifo(t)
	r, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := WriteFile(name, make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nobody takes anything: error %v", err)
	}
}

// TestOpenFiles: a descriptor of the process, by name or through a link, is written
// where it stands, whatever file it belongs to.
func TestOpenFiles(t *testing.T) {
	if _, err := os.Stat("/dev/fd/0"); err != nil {
		t.Skip("no /dev/fd here:", err)
	}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("before "); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("/dev/fd/%d", f.Fd())
	if err := WriteFile(name, []byte("through ")); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(link, []byte("linked")); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, f.Name()); got != "before through linked" {
		t.Errorf("have %q", got)
	}
	if _, err := f.Stat(); err != nil {
		t.Error(err)
	}
	alone(t, dir, "link", "log")

	out := os.Stdout
	defer func() { os.Stdout = out }()
	os.Stdout = f
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(name, []byte(" report")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(" after"); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, f.Name()); got != "before through linked report after" {
		t.Errorf("have %q", got)
	}
}

// TestAppendFile: at the end of what is there, into a new file, through a FIFO; not into a
// directory, and not for ever.
func TestAppendFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, words := range []string{"one ", "", "two"} {
		if err := AppendFile(name, []byte(words)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "one two" {
		t.Errorf("%q, error %v", got, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("%v, error %v", info, err)
	}
	if err := AppendFile(t.TempDir(), nil); err == nil {
		t.Error("appended to a directory")
	}
	impatient(t, 50*time.Millisecond, time.Minute)
	pipe := fifo(t)
	if err := AppendFile(pipe, []byte("words")); err == nil || !strings.Contains(err.Error(), pipe) {
		t.Errorf("a FIFO that nobody reads: error %v", err)
	}
	r, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := AppendFile(pipe, []byte("words")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "words" {
		t.Errorf("%q, error %v", got, err)
	}
}

// TestWritable: what WriteFile would fail at is an error beforehand, nothing is left behind,
// and paths of one file have one name.
func TestWritable(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for link, to := range map[string]string{
		"loop": "loop", "nowhere": in("no/file"), "alias": "file", "there": ".", "new": "fresh",
	} {
		if err := os.Symlink(to, in(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(in("file"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(in("closed"), 0o500); err != nil {
		t.Fatal(err)
	}
	refused := []string{dir, in("loop"), in("nowhere"), in("no/file"), in("file/x"), in("loop/x")}
	if os.Getuid() != 0 { // root writes everywhere
		refused = append(refused, in("closed/x"))
	}
	for _, path := range refused {
		if _, err := Writable(path); err == nil {
			t.Errorf("%s is said to be writable", path)
		}
		if err := WriteFile(path, nil); err == nil {
			t.Errorf("%s is writable", path)
		}
	}
	for _, same := range [][]string{{"file", "alias", "there/file", "there/alias"}, {"new", "fresh", "there/new"}} {
		first, err := Writable(in(same[0]))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range same[1:] {
			if file, err := Writable(in(name)); err != nil || file != first {
				t.Errorf("%s is %s, %v, want %s as %s", name, file, err, first, same[0])
			}
		}
	}
	if file, err := Writable(os.DevNull); file != "" || err != nil {
		t.Errorf("%s is %q, %v", os.DevNull, file, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 7 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if data, err := os.ReadFile(in("file")); err != nil || string(data) != "old" {
		t.Errorf("%q, %v", data, err)
	}
}
